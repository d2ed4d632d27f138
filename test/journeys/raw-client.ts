// A gRPC client that sends any bytes at all, well-formed or not, and reads refusals as the contract tells them.
import { once } from "node:events";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { until } from "../support/until.ts";

const identity = (bytes: Buffer) => bytes;
const path = (call: string) => (call.startsWith("/") ? call : `/berrymq.v1.${call}`);

/** How a call was refused: the status, and its ErrorInfo. */
export interface Refused {
  code: string;
  message: string;
  reason?: string;
  domain?: string;
  retryable?: string;
}

export class RawClient {
  readonly #client: Client;
  readonly #streams: RawStream[] = [];

  constructor(readonly url: string) {
    this.#client = new Client(url, credentials.createInsecure(), {
      "grpc.max_receive_message_length": 64 * 1024 * 1024,
      "grpc.max_send_message_length": -1,
      // Each client has a connection of its own.
      "grpc.use_local_subchannel_pool": 1,
    });
  }

  /** `call` is such as `QueueService/Get`. */
  unary(call: string, request: Uint8Array, headers: Record<string, string> = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, response?: Buffer) => (error ? reject(error) : resolve(response!));
      this.#client.makeUnaryRequest(path(call), identity, identity, Buffer.from(request), metadataOf(headers), done);
    });
  }

  /** Makes a call that is to be refused. */
  async refusal(call: string, request: Uint8Array, headers: Record<string, string> = {}): Promise<Refused> {
    try {
      await this.unary(call, request, headers);
    } catch (error) {
      return readRefusal(error as ServiceError);
    }
    throw new Error(`${call} was not refused`);
  }

  /** A unary call that can be cancelled. */
  cancellable(call: string, request: Uint8Array): { cancel(): void } {
    return this.#client.makeUnaryRequest(path(call), identity, identity, Buffer.from(request), () => {});
  }

  stream(call: string, headers: Record<string, string> = {}): RawStream {
    const stream = new RawStream(
      this.#client.makeBidiStreamRequest(path(call), identity, identity, metadataOf(headers)),
    );
    this.#streams.push(stream);
    return stream;
  }

  close(): void {
    for (const { call } of this.#streams) call.cancel();
    this.#client.close();
  }
}

export class RawStream {
  readonly responses: Buffer[] = [];
  /** How the gateway ended the stream; undefined = well. */
  ended = false;
  refused: Refused | undefined;

  constructor(readonly call: ClientDuplexStream<Buffer, Buffer>) {
    call.on("data", (response: Buffer) => this.responses.push(response));
    call.on("error", (error: ServiceError) => (this.refused = readRefusal(error)));
    call.on("status", () => (this.ended = true));
  }

  /** Sends, and waits where the connection takes no more. */
  async write(request: Uint8Array): Promise<void> {
    if (!this.call.write(Buffer.from(request)) && !this.ended) await once(this.call, "drain");
  }

  /** Reads nothing more, as a program that hangs would. */
  freeze(): void {
    this.call.pause();
  }

  async response(number: number): Promise<Buffer> {
    await until(`response ${number} comes`, () => this.responses.length >= number || this.ended);
    const response = this.responses[number - 1];
    if (response === undefined) throw new Error(`the stream ended: ${JSON.stringify(this.refused)}`);
    return response;
  }

  /** Waits for the end that the gateway gives it. */
  async end(): Promise<Refused | undefined> {
    await until("the stream ends", () => this.ended);
    return this.refused;
  }
}

function metadataOf(headers: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

export function readRefusal(error: ServiceError): Refused {
  const [details] = error.metadata?.get("grpc-status-details-bin") ?? [];
  const info = Buffer.isBuffer(details) ? readErrorInfo(details) : {};
  return { code: status[error.code], message: error.details, ...info };
}

/** google.rpc.Status: details = 3 (Any: value = 2, an ErrorInfo: reason = 1, domain = 2, metadata = 3). */
function readErrorInfo(details: Buffer): Omit<Refused, "code" | "message"> {
  const any = fields(fields(details)[3]!);
  const info = fields(any[2]!);
  const [key, value] = [1, 2].map((tag) => String(fields(info[3]!)[tag]));
  return { reason: String(info[1]), domain: String(info[2]), [key!]: value };
}

/** The length-delimited fields of a message. */
function fields(bytes: Buffer): Record<number, Buffer> {
  const reader = new BinaryReader(bytes);
  const found: Record<number, Buffer> = {};
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === 2) found[field] = Buffer.from(reader.bytes());
    else reader.skip(type);
  }
  return found;
}
