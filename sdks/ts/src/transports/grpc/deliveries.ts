// Responses that carry messages: read around the messages' bytes, which are decoded when they are looked at.
import { handed, type Message, received } from "../../message.js";
import { BYTES, Cursor } from "../../wire/cursor.js";
import { MessageReader } from "../../wire/reader.js";
import type { Handed } from "../queue-calls.js";

const reader = new MessageReader();

/** `deliveries`, field 1 of GetResponse and of ConsumeResponse. @throws MalformedMessage */
export function readDeliveries(bytes: Buffer): Handed[] {
  return first(bytes, (start, end) => readDelivery(bytes, start, end));
}

/** `messages`, field 1 of PeekResponse. @throws MalformedMessage */
export function readMessages(bytes: Buffer): Message[] {
  return first(bytes, (start, end) => received(reader.message(bytes, start, end)).detach());
}

function first<T>(bytes: Buffer, read: (start: number, end: number) => T): T[] {
  const all: T[] = [];
  const cursor = new Cursor().over(bytes, 0, bytes.length);
  while (cursor.next()) if (cursor.field === 1 && cursor.wireType === BYTES) all.push(read(cursor.start, cursor.end));
  return all;
}

/** Delivery: message = 1, lease_id = 2, attempt = 3, deadline = 4. */
function readDelivery(bytes: Buffer, start: number, end: number): Handed {
  const cursor = new Cursor().over(bytes, start, end);
  let message: Message | undefined;
  let leaseId = "";
  let attempt = 0;
  let deadline = 0;
  while (cursor.next()) {
    // Work that is held for a while must not keep its neighbours alive.
    if (cursor.field === 1) message = received(reader.message(bytes, cursor.start, cursor.end)).detach();
    else if (cursor.field === 2) leaseId = bytes.toString("utf8", cursor.start, cursor.end);
    else if (cursor.field === 3) attempt = cursor.value;
    else if (cursor.field === 4) deadline = cursor.value;
  }
  const until = deadline === 0 ? undefined : new Date(deadline / 1000);
  return { message: handed(message!, Math.max(1, attempt)), leaseId, attempt, deadline: until };
}
