// gRPC's refusals as berryMQ's errors: by the ErrorInfo in the details, otherwise by the code.
import { type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { errorOf } from "../../error-of.js";
import type { BerryMQError } from "../../errors.js";
import { Reason, Error as WireError } from "../../gen/berrymq/v1/error.js";
import { Cursor } from "../../wire/cursor.js";

const DETAILS = "grpc-status-details-bin";
const ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo";
const DOMAIN = "berrymq";

/** Codes of refusals that name no reason. INTERNAL and UNKNOWN are then the connection's, not the gateway's own. */
const reasons: { readonly [code: number]: string } = {
  [status.UNAVAILABLE]: "UNAVAILABLE",
  [status.INTERNAL]: "UNAVAILABLE",
  [status.UNKNOWN]: "UNAVAILABLE",
  [status.DEADLINE_EXCEEDED]: "TIMEOUT",
  [status.CANCELLED]: "CLOSED",
  [status.UNIMPLEMENTED]: "NOT_SUPPORTED",
  [status.RESOURCE_EXHAUSTED]: "LIMIT_REACHED",
  [status.INVALID_ARGUMENT]: "INVALID_ARGUMENT",
};

/** The error of a call that ended with a status. */
export function toError(error: ServiceError): BerryMQError {
  // Without a status it is node's word on a stream that has ended meanwhile.
  const plain = typeof error.code === "number" ? (reasons[error.code] ?? "INTERNAL") : "UNAVAILABLE";
  const reason = reasonIn(error.metadata) ?? plain;
  return errorOf(reason, plainly(error.details || error.message));
}

/** What grpc-js says of a connection that could not be made is told without its own notes. */
function plainly(text: string): string {
  return /^No connection established\. Last error: (?:Error: )?(.+?)\. Resolution note:/.exec(text)?.[1] ?? text;
}

/** The error that a response carries as data. */
export function fromWire(error: WireError | undefined): BerryMQError {
  const { reason, message } = error ?? WireError.create();
  return errorOf((Reason[reason] ?? `REASON_${reason}`).replace("REASON_", ""), message);
}

/** `ErrorInfo.reason` of an encoded google.rpc.Status (code = 1, message = 2, details = 3). */
function reasonIn(metadata: Metadata | undefined): string | undefined {
  const bytes = metadata?.get(DETAILS)[0];
  if (!Buffer.isBuffer(bytes)) return undefined;
  for (const any of fields(bytes, 3)) {
    if (fields(any, 1)[0]?.toString() !== ERROR_INFO) continue;
    const info = fields(any, 2)[0] ?? Buffer.alloc(0);
    if (fields(info, 2)[0]?.toString() === DOMAIN) return fields(info, 1)[0]?.toString();
  }
  return undefined;
}

function fields(bytes: Buffer, number: number): Buffer[] {
  const found: Buffer[] = [];
  const cursor = new Cursor().over(bytes, 0, bytes.length);
  while (cursor.next()) if (cursor.field === number) found.push(bytes.subarray(cursor.start, cursor.end));
  return found;
}
