import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Envelope } from "../src/envelope.js";
import { envelopeOf, Message } from "../src/message.js";
import { batchParams, messageFields, readMessage, toBatch } from "../src/transports/json/codec.js";
import { MessageReader, type WireEnvelope } from "../src/wire/reader.js";
import { WireWriter } from "../src/wire/writer.js";
import { envelopes } from "./support/envelopes.js";

const shown = (message: Envelope) => JSON.parse(JSON.stringify(messageFields(message)));

function plain({ identifier, payload, size: _, ...same }: Envelope) {
  return { ...same, identifier: identifier.text, payload: payload.toString("hex"), attributes: { ...same.attributes } };
}

describe("a message in JSON", () => {
  it("comes back as it was, byte for byte", () => {
    fc.assert(
      fc.property(envelopes, (given) => {
        expect(plain(readMessage(shown(given)))).toEqual(plain(given));
      }),
      { numRuns: 300 },
    );
  });

  it("says nothing of what is absent", () => {
    const given = envelopeOf(new Message("a:b").with({ messageId: "m" }));
    expect(shown(given)).toEqual({ id: "m", identifier: "a:b", attributes: {} });
    expect(readMessage({ identifier: "a:b" })).toMatchObject({ messageId: "", expiresAt: 0, requireAck: false });
  });

  it("without an identifier, or with a wrong one, is refused as berryMQ refuses", () => {
    expect(() => readMessage(undefined)).toThrow(expect.objectContaining({ reason: "MALFORMED_MESSAGE" }));
    expect(() => readMessage({ identifier: "a*:b" })).toThrow(
      expect.objectContaining({ reason: "INVALID_IDENTIFIER" }),
    );
  });

  it("becomes a batch of one for those who read batches", () => {
    const batch = toBatch(shown(envelopeOf(new Message("x:y", 1).with({ messageId: "m" }))));
    const read: WireEnvelope[] = [];
    new MessageReader().batch(batch, 0, batch.length, (each) => read.push(each));
    expect(read.map((each) => [each.messageId, each.identifier.text])).toEqual([["m", "x:y"]]);
  });
});

it("an encoded request becomes the params of publish_batches, in order", () => {
  fc.assert(
    fc.property(fc.array(envelopes, { minLength: 1, maxLength: 4 }), fc.nat(), fc.boolean(), (all, first, resent) => {
      const batch = new WireWriter(Buffer.alloc(64));
      for (const each of all) batch.message(0x0a, each);
      const request = new WireWriter(Buffer.alloc(batch.at + 64));
      request.buffer[request.at++] = 0x0a;
      request.varint(batch.at);
      batch.buffer.copy(request.buffer, request.at, 0, batch.at);
      request.at += batch.at;
      request.buffer[request.at++] = 0x10;
      request.varint(first);
      if (resent) request.buffer.set([0x18, 1], request.at);
      const params = batchParams(request.buffer.subarray(0, request.at + (resent ? 2 : 0)));
      const { batch: said, ...rest } = JSON.parse(JSON.stringify(params));
      expect(rest).toEqual({ first_sequence: first, ...(resent && { resent }) });
      expect(said.messages.map((each: { id?: string }) => each.id ?? "")).toEqual(
        all.map(({ messageId }) => messageId),
      );
    }),
  );
});
