// One gRPC client and the shapes of calls that are made with it. Bytes in, bytes out: who calls encodes and decodes.
import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import type { Caller } from "../transport.js";
import { toError } from "./status.js";

const MIB = 1024 * 1024;

const options = {
  "grpc.max_receive_message_length": 16 * MIB,
  "grpc.max_send_message_length": -1,
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_permit_without_calls": 1,
  // The 64 KiB that HTTP/2 begins with halve the throughput; the credit of a follow stream bounds what may come.
  "grpc-node.flow_control_window": 8 * MIB,
  // Links reconnect and send again themselves; the channel would only buffer a second copy and wait longer.
  "grpc.enable_retries": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.use_local_subchannel_pool": 1,
};

const asIs = (bytes: Buffer): Buffer => bytes;

export type Duplex = ClientDuplexStream<Buffer, Buffer>;

/** A generated codec. */
export interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

export class Calls {
  private readonly client: Client;
  private readonly metadata = new Metadata();

  constructor(address: string, caller: Caller) {
    this.client = new Client(address, credentials.createInsecure(), options);
    this.metadata.set("berrymq-session", caller.session);
    this.metadata.set("berrymq-ident", caller.ident);
  }

  duplex(method: string): Duplex {
    return this.client.makeBidiStreamRequest(path(method), asIs, asIs, this.metadata);
  }

  serverStream(method: string, request: Buffer): ClientReadableStream<Buffer> {
    return this.client.makeServerStreamRequest(path(method), asIs, asIs, request, this.metadata);
  }

  /** @throws BerryMQError as the gateway refused; the signal's reason when it was aborted */
  unary<Q, A>(
    method: string,
    request: Codec<Q>,
    message: Q,
    answer: { decode(bytes: Buffer): A },
    signal?: AbortSignal,
  ): Promise<A> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const bytes = Buffer.from(request.encode(message).finish());
      const call = this.client.makeUnaryRequest(path(method), asIs, asIs, bytes, this.metadata, (error, response) => {
        signal?.removeEventListener("abort", cancel);
        if (error) reject(signal?.aborted ? signal.reason : toError(error));
        else resolve(answer.decode(response!));
      });
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  close(): void {
    this.client.close();
  }
}

/** Calls back once with how a stream ended; undefined = in peace. */
export function whenEnded(stream: Duplex, ended: (error: ReturnType<typeof toError> | undefined) => void): void {
  let over = false;
  const end = (error?: ServiceError) => {
    if (over) return;
    over = true;
    ended(error && toError(error));
  };
  stream.on("error", end);
  stream.on("end", () => end());
}

function path(method: string): string {
  return `/berrymq.v1.${method}`;
}
