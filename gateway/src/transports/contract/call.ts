// The calls of the contract as every transport that speaks the contract sees them: encoded requests in, encoded responses out. A
// transport brings the bytes and the caller, and says in its own way what was refused.
import { Refusal } from "../../model/errors.js";
import type { Caller } from "../../service/caller.js";

export type Call =
  | { readonly kind: "unary"; readonly run: UnaryCall }
  | { readonly kind: "serverStream"; readonly run: ServerStreamCall }
  | { readonly kind: "duplex"; readonly run: DuplexCall; readonly single?: UnaryCall };

export interface CallContext {
  readonly caller: Caller;
  /** Given when the client is gone, or, with DRAINING as its reason, when the gateway is about to stop. */
  readonly signal: AbortSignal;
}

export type UnaryCall = (request: Buffer, context: CallContext) => Promise<Buffer>;
export type ServerStreamCall = (request: Buffer, context: CallContext) => AsyncIterable<Buffer>;

/** Opens a stream. @throws Refusal when it cannot be opened. */
export type DuplexCall = (wire: Wire) => Conversation;

/** A stream in both directions, as the transport offers it. */
export interface Wire {
  readonly caller: Caller;
  /** False once it has ended. */
  readonly writable: boolean;
  /** False when the client takes nothing at the moment; `Conversation.flushed` tells when it does again. `written` is called when the bytes have left. */
  write(response: Buffer, written?: () => void): boolean;
  /** Delivers no more requests until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends the stream, well. */
  end(): void;
  /** Ends the stream with a refusal; what is none is logged and told as INTERNAL. */
  fail(error: unknown): void;
}

/** The call's side of a stream. */
export interface Conversation {
  request(bytes: Buffer): void;
  /** The client sends nothing more, but still listens. */
  requestsEnded(): void;
  /** The client takes again. */
  flushed(): void;
  /** The gateway is about to stop. */
  draining(): void;
  /** The stream is over, from whichever side. Idempotent. */
  closed(): void;
}

export const DRAINING = new Refusal("DRAINING", "the gateway is about to stop; connect again");

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

export const unary = (run: UnaryCall): Call => ({ kind: "unary", run });
export const serverStream = (run: ServerStreamCall): Call => ({ kind: "serverStream", run });
/** @param single answers one request of the stream alone, for transports whose requests stand alone */
export const duplex = (run: DuplexCall, single?: UnaryCall): Call => ({
  kind: "duplex",
  run,
  ...(single && { single }),
});
