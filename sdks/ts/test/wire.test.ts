import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Envelope } from "../src/envelope.js";
import { InvalidIdentifier, MalformedMessage } from "../src/errors.js";
import { Batch, Message as Generated } from "../src/gen/berrymq/v1/message.js";
import { MessageReader, type WireEnvelope } from "../src/wire/reader.js";
import { WireWriter } from "../src/wire/writer.js";
import { envelopes, generated } from "./support/envelopes.js";

function written(messages: readonly Envelope[], capacity = 64): Buffer {
  const writer = new WireWriter(Buffer.alloc(capacity));
  for (const each of messages) writer.message(0x0a, each);
  return writer.buffer.subarray(0, writer.at);
}

function read(bytes: Buffer): WireEnvelope[] {
  const all: WireEnvelope[] = [];
  new MessageReader().batch(bytes, 0, bytes.length, (each) => all.push(each));
  return all;
}

/** Asks for every field, as the getters decode it. */
function fields(message: Envelope) {
  const { messageId, identifier, payload, contentType, attributes, publishedAt } = message;
  const { expiresAt, sender, replyTo, answer, resent, hops, priority, deliverAt } = message;
  const text = identifier.text;
  const hex = payload.toString("hex");
  return {
    messageId,
    text,
    hex,
    contentType,
    attributes,
    publishedAt,
    expiresAt,
    sender,
    replyTo,
    answer,
    resent,
    hops,
    priority,
    deliverAt,
  };
}

describe("the hand-written codec", () => {
  it("writes byte for byte what generated code writes", () => {
    fc.assert(
      fc.property(fc.array(envelopes, { maxLength: 4 }), (messages) => {
        const expected = Batch.encode({ messages: messages.map(generated) }).finish();
        expect(written(messages).equals(expected)).toBe(true);
      }),
    );
  });

  it("reads what generated code writes", () => {
    fc.assert(
      fc.property(fc.array(envelopes, { maxLength: 4 }), (messages) => {
        const bytes = Buffer.from(Batch.encode({ messages: messages.map(generated) }).finish());
        expect(read(bytes).map(fields)).toEqual(messages.map(fields));
      }),
    );
  });

  it("reads the same after a message was detached from its batch", () => {
    fc.assert(
      fc.property(envelopes, (message) => {
        const [one] = read(written([message, message]));
        one!.detach();
        expect(one!.pinned.length).toBe(one!.size);
        expect(fields(one!)).toEqual(fields(message));
      }),
    );
  });

  it("takes the last of a field that comes twice, as protobuf does", () => {
    const twice = (id: string) => Generated.encode(Generated.create({ id, identifier: "a:b", sender: id })).finish();
    const message = Buffer.concat([twice("first"), twice("second")]);
    const entry = Buffer.concat([Buffer.from([0x0a, message.length]), message]);
    expect(read(entry)[0]!.messageId).toBe("second");
    expect(read(entry)[0]!.sender).toBe("second");
  });

  it("passes over fields that it does not know", () => {
    const known = Buffer.from(Generated.encode(Generated.create({ identifier: "a:b" })).finish());
    const unknown = Buffer.from([
      0xa8, 0x06, 0x01, 0xb2, 0x06, 0x02, 1, 2, 0xb9, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xbd, 0x06, 1, 2, 3, 4,
    ]);
    const entry = Buffer.concat([Buffer.from([0x0a, known.length + unknown.length]), unknown, known]);
    expect(read(entry)[0]!.identifier.text).toBe("a:b");
  });

  it("refuses damaged bytes with a berryMQ error, and never reads past them", () => {
    fc.assert(
      fc.property(envelopes, fc.nat(), fc.integer({ min: 0, max: 255 }), (message, position, value) => {
        const bytes = Buffer.from(written([message]));
        bytes[position % bytes.length] = value;
        try {
          for (const each of read(bytes)) fields(each);
        } catch (error) {
          expect(error instanceof MalformedMessage || error instanceof InvalidIdentifier, String(error)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
