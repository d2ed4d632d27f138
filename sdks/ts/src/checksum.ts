// A message's checksum, the same on both sides of the wire and in every language.
import { createHash } from "node:crypto";
import type { Envelope } from "./envelope.js";

/** SHA-256, in hex, of id, identifier, content type (UTF-8) and payload, each after its length in 8 bytes, big-endian. */
export function checksumOf({ messageId, identifier, contentType, payload }: Envelope): string {
  const hash = createHash("sha256");
  const length = Buffer.alloc(8);
  for (const part of [messageId, identifier.text, contentType, payload]) {
    const bytes = typeof part === "string" ? Buffer.from(part, "utf8") : part;
    length.writeBigUInt64BE(BigInt(bytes.length));
    hash.update(length).update(bytes);
  }
  return hash.digest("hex");
}
