// Refusals as gRPC says them: a status code, and a google.rpc.Status with an ErrorInfo in `grpc-status-details-bin`
// (https://google.aip.dev/193). The two messages are small and settled, so they are written here field by field.
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { Refusal } from "../../model/errors.js";

const DOMAIN = "berrymq";
const ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo";

/** What a handler gives to its callback or emits as `error` on its stream. */
export function toServiceError(
  refusal: Refusal,
): Pick<ServiceError, "name" | "message" | "code" | "details" | "metadata"> {
  const code = status[refusal.code];
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", encodeStatus(code, refusal));
  return { name: refusal.name, message: refusal.message, code, details: refusal.message, metadata };
}

/** google.rpc.Status: code = 1, message = 2, details = 3 (Any: type_url = 1, value = 2). */
function encodeStatus(code: number, refusal: Refusal): Buffer {
  const any = new BinaryWriter().uint32(0x0a).string(ERROR_INFO).uint32(0x12).bytes(encodeErrorInfo(refusal));
  const writer = new BinaryWriter().uint32(0x08).int32(code).uint32(0x12).string(refusal.message);
  return Buffer.from(writer.uint32(0x1a).bytes(any.finish()).finish());
}

/** google.rpc.ErrorInfo: reason = 1, domain = 2, metadata = 3 (a map of texts). */
function encodeErrorInfo(refusal: Refusal): Uint8Array {
  const retryable = new BinaryWriter().uint32(0x0a).string("retryable").uint32(0x12).string(String(refusal.retryable));
  const writer = new BinaryWriter().uint32(0x0a).string(refusal.reason).uint32(0x12).string(DOMAIN);
  return writer.uint32(0x1a).bytes(retryable.finish()).finish();
}
