// JSON-RPC 1.0 as berryMQ 0.3 spoke it: one request, one full reply, whatever its id; errors are objects of a type, a message and a
// traceback.
import { isLosslessNumber } from "lossless-json";
import type { Refusal } from "../../model/errors.js";
import { writeJson } from "../json/text.js";

export interface RpcRequest {
  /** Given back as it came; null where there is none. */
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** An error object to be. `type` stands where berryMQ 0.3 told the class of its exception. */
export class Fault extends Error {
  override readonly name = "Fault";

  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/** What a client is told of a refusal: `QUEUE_FULL` is `QueueFull`, as the SDKs call it. */
export function faultOf({ reason, message }: Refusal): Fault {
  const type = reason.toLowerCase().replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
  return new Fault(type, message);
}

/** Whether it may be a request of this door, well-formed or not. */
export function namesMethod(value: unknown): value is { method: unknown } {
  return isObject(value) && "method" in value;
}

/** @throws Fault */
export function readRequest(value: unknown): RpcRequest {
  if (!namesMethod(value)) {
    throw new Fault("InvalidRequest", 'a request is an object: {"id": null, "method": "…", "params": […]}');
  }
  const { id = null, method, params = [], jsonrpc } = value as Partial<RpcRequest> & { jsonrpc?: unknown };
  if (jsonrpc !== undefined) throw new Fault("InvalidRequest", "this is JSON-RPC 1.0; post JSON-RPC 2.0 to /rpc");
  if (typeof method !== "string") throw new Fault("InvalidRequest", "method: a text is expected");
  if (!Array.isArray(params)) throw new Fault("InvalidRequest", "params: a list is expected");
  return { id, method, params };
}

/** The id to answer with, however little of the request can be used. */
export function idOf(value: unknown): unknown {
  return isObject(value) ? (value.id ?? null) : null;
}

export function writeResult(id: unknown, result: unknown): string {
  return writeJson({ id, result, error: null });
}

/** The traceback is empty: what is in the gateway's stack helps no client. */
export function writeFault(id: unknown, { type, message }: Fault): string {
  return writeJson({ id, result: null, error: { type, message, traceback: "" } });
}

export function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}
