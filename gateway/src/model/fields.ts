// The fields of a message that a queue goes by, read from its bytes without decoding the rest. The message was scanned before.
import { WireReader } from "./wire.js";

export interface QueueFields {
  id: string;
  identifier: string;
  sender: string;
  /** Times are in microseconds since the epoch, 0 = absent. */
  publishedAt: number;
  expiresAt: number;
  deliverAt: number;
  priority: number;
}

/** @param body an encoded, well-formed Message */
export function queueFields(body: Buffer): QueueFields {
  const fields = { id: "", identifier: "", sender: "", publishedAt: 0, expiresAt: 0, deliverAt: 0, priority: 0 };
  const reader = new WireReader(body, 0, body.length);
  while (!reader.done) {
    const tag = reader.uint32();
    switch (tag) {
      case 0x0a:
        fields.id = text(reader);
        break;
      case 0x12:
        fields.identifier = text(reader);
        break;
      case 0x42:
        fields.sender = text(reader);
        break;
      case 0x30:
        fields.publishedAt = reader.uint64();
        break;
      case 0x38:
        fields.expiresAt = reader.uint64();
        break;
      case 0x68:
        fields.priority = reader.uint64();
        break;
      case 0x70:
        fields.deliverAt = reader.uint64();
        break;
      default:
        reader.skip(tag);
    }
  }
  return fields;
}

function text(reader: WireReader): string {
  const end = reader.fieldEnd();
  const value = reader.buffer.toString("utf8", reader.at, end);
  reader.at = end;
  return value;
}
