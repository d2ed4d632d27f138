// A message's checksum, the same on both sides of the wire and in every language.
import { sha256 } from "#platform";
import { Buffer } from "./bytes.js";
import type { Envelope } from "./envelope.js";

/** SHA-256, in hex, of id, identifier, content type (UTF-8) and payload, each after its length in 8 bytes, big-endian. */
export function checksumOf({ messageId, identifier, contentType, payload }: Envelope): string {
  const parts = [messageId, identifier.text, contentType, payload].flatMap((part) => {
    const bytes = typeof part === "string" ? Buffer.from(part, "utf8") : part;
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.length));
    return [length, bytes];
  });
  return sha256(Buffer.concat(parts));
}
