// How a gRPC call becomes a call of a service: bytes in, bytes out, every failure a status. One wrapper for each kind of call.
import { once } from "node:events";
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  Metadata,
  ServerDuplexStream,
  ServiceDefinition,
} from "@grpc/grpc-js";
import { Refusal, toRefusal } from "../../model/errors.js";
import { type Caller, readCaller } from "../../service/caller.js";
import type { Log } from "../../telemetry/log.js";
import type { OpenStreams } from "./open-streams.js";
import { toServiceError } from "./status.js";

/** A bidirectional stream of encoded messages. */
export type Duplex = ServerDuplexStream<Buffer, Buffer>;

const identity = (bytes: Buffer) => bytes;

export interface Kind {
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

export const UNARY: Kind = { requestStream: false, responseStream: false };
export const SERVER_STREAM: Kind = { requestStream: false, responseStream: true };
export const DUPLEX: Kind = { requestStream: true, responseStream: true };

/** The definition of a berrymq.v1 service whose (de)serializers hand bytes through. */
export function define(service: string, calls: Record<string, Kind>): ServiceDefinition {
  const entries = Object.entries(calls).map(([name, kind]) => [
    name,
    {
      path: `/berrymq.v1.${service}/${name}`,
      ...kind,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  ]);
  return Object.fromEntries(entries);
}

/** @throws Refusal */
export function callerOf(metadata: Metadata): Caller {
  return readCaller(text(metadata, "berrymq-session"), text(metadata, "berrymq-ident"));
}

function text(metadata: Metadata, key: string): string {
  const [value] = metadata.get(key);
  return typeof value === "string" ? value : "";
}

/** Decodes a request whose messages, if any, were taken out. @throws Refusal MALFORMED_MESSAGE */
export function decode<T>(type: { decode(bytes: Uint8Array): T }, bytes: Uint8Array): T {
  try {
    return type.decode(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal("MALFORMED_MESSAGE", `the request is not well-formed: ${why}`);
  }
}

/** Encodes a response. */
export function encode<T>(type: { encode(message: T): { finish(): Uint8Array } }, message: T): Buffer {
  const bytes = type.encode(message).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export interface UnaryContext {
  readonly caller: Caller;
  /** Given when the client is gone, or, with DRAINING as its reason, when the gateway is about to stop. */
  readonly signal: AbortSignal;
}

const DRAINING = new Refusal("DRAINING", "the gateway is about to stop; connect again");

export function unary(
  log: Log,
  streams: OpenStreams,
  call: (request: Buffer, context: UnaryContext) => Promise<Buffer>,
): handleUnaryCall<Buffer, Buffer> {
  return (grpc, callback) => {
    const gone = new AbortController();
    grpc.on("cancelled", () => gone.abort());
    const open = streams.add(() => gone.abort(DRAINING));
    const answer = async () => call(grpc.request, { caller: callerOf(grpc.metadata), signal: gone.signal });
    answer()
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(toServiceError(refusalOf(log, error))),
      )
      .finally(() => open.close());
  };
}

export function serverStream(
  log: Log,
  streams: OpenStreams,
  call: (request: Buffer, context: UnaryContext) => AsyncIterable<Buffer>,
): handleServerStreamingCall<Buffer, Buffer> {
  return (grpc) => {
    const gone = new AbortController();
    const { signal } = gone;
    grpc.on("cancelled", () => gone.abort());
    const open = streams.add(() => gone.abort(DRAINING));
    const answer = async () => {
      for await (const response of call(grpc.request, { caller: callerOf(grpc.metadata), signal })) {
        if (!grpc.write(response)) await once(grpc, "drain", { signal }).catch(() => {});
      }
      if (signal.reason === DRAINING) throw DRAINING;
      grpc.end();
    };
    answer()
      .catch((error: unknown) => grpc.emit("error", toServiceError(refusalOf(log, error))))
      .finally(() => open.close());
  };
}

/** Answers on a stream, and reads nothing more while the client does not take its answers. */
export function answer(grpc: Duplex, response: Buffer): void {
  if (!grpc.writable || grpc.write(response)) return;
  grpc.pause();
  grpc.once("drain", () => grpc.resume());
}

/** Ends a stream with a refusal; the client reads it as the stream's status. */
export function refuse(log: Log, grpc: Duplex, error: unknown): void {
  grpc.emit("error", toServiceError(refusalOf(log, error)));
}

function refusalOf(log: Log, error: unknown): Refusal {
  return toRefusal(error, (cause) => log.error({ err: cause }, "a call failed"));
}
