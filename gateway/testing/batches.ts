// Batches for tests: made from a few fields, and read back.
import { Batch, type DeepPartial, Message } from "../src/gen/berrymq/v1/message.js";

let made = 0;

/** A message with an id, an identifier and a time, and whatever is given. */
export function message(fields: DeepPartial<Message> = {}): Message {
  return Message.fromPartial({ id: `m-${made++}`, identifier: "a:b", publishedAt: 1n, ...fields });
}

export function body(fields: DeepPartial<Message> = {}): Buffer {
  return Buffer.from(Message.encode(message(fields)).finish());
}

export function batch(...messages: DeepPartial<Message>[]): Buffer {
  return Buffer.from(Batch.encode({ messages: messages.map(message) }).finish());
}

/** The messages of a batch that came as slices. */
export function messagesOf(entries: readonly Buffer[] | undefined): Message[] {
  return Batch.decode(Buffer.concat(entries ?? [])).messages;
}

export function identifiersOf(entries: readonly Buffer[] | undefined): string[] {
  return messagesOf(entries).map(({ identifier }) => identifier);
}
