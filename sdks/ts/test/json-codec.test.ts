import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Envelope } from "../src/envelope.js";
import { stringify } from "../src/json.js";
import { envelopeOf, Message } from "../src/message.js";
import { batchParams, messageText, readMessage, toBatch } from "../src/transports/json/codec.js";
import { readText } from "../src/transports/json/text.js";
import { MessageReader, type WireEnvelope } from "../src/wire/reader.js";
import { WireWriter } from "../src/wire/writer.js";
import { envelopes } from "./support/envelopes.js";

const types = [
  "",
  "application/json",
  "application/problem+json; q=1",
  "text/plain",
  "text/plain;charset=latin1",
  "image/png",
];
const payloads = fc.oneof(
  fc.json().map((text) => Buffer.from(text)),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify({ args: [value], kwargs: { value } }))),
  fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
);
/** Every kind of payload under every kind of content type. */
const messages = fc
  .tuple(envelopes, fc.constantFrom(...types), payloads)
  .map(([envelope, contentType, payload]): Envelope => ({ ...envelope, contentType, payload }));

/** As it comes back after somebody read and wrote the JSON, which is what gateways do. */
const returned = (message: Envelope) => readMessage(readText(stringify(readText(messageText(message).toString()))));

function plain({ identifier, payload, size: _, ...same }: Envelope) {
  return { ...same, identifier: identifier.text, payload: payload.toString("hex"), attributes: { ...same.attributes } };
}

function message(payload: string | Buffer, contentType = ""): Envelope {
  return envelopeOf(new Message("a:b").with({ payload: Buffer.from(payload), contentType, messageId: "m" }));
}

describe("a message in JSON", () => {
  it("comes back as it was, byte for byte", () => {
    fc.assert(
      fc.property(messages, (given) => {
        expect(plain(returned(given))).toEqual(plain(given));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [
      '{"args":[1,2.50,1e400,-0,18446744073709551616],"kwargs":{"k":1.0}}',
      "",
      '"args":[1,2.50,1e400,-0,18446744073709551616],"kwargs":{"k":1.0}',
    ],
    ['{"deep":[1.0]}', "application/json", '"payload":{"deep":[1.0]}'],
    ['"ä"', "text/plain", '"payload":"\\"ä\\""'],
  ])("shows %s of %j as what it is", (payload, contentType, shown) => {
    const text = messageText(message(payload, contentType)).toString();
    expect(text).toContain(shown);
    expect(returned(message(payload, contentType)).payload.toString()).toBe(payload);
  });

  it.each([
    ['{ "args": [], "kwargs": {} }', ""],
    ['{"args":[],"kwargs":[]}', ""],
    ['{"args":[1],"kwargs":{},"more":1}', ""],
    ['{"args":[1],"args":[2],"kwargs":{}}', ""],
    ['{"args":[{"b":1,"1":2}],"kwargs":{}}', ""],
    [`{"args":[${"[".repeat(190)}${"]".repeat(190)}],"kwargs":{}}`, ""],
    ["null", "application/json"],
    ["no JSON", "application/json"],
    [Buffer.of(0xff), "text/plain"],
    ["{}", "application/octet-stream"],
  ])("is base64 where JSON would not give it back: %s of %j", (payload, contentType) => {
    const given = message(payload, contentType);
    expect(messageText(given).toString()).toContain(`"payload_base64":"${given.payload.toString("base64")}"`);
    expect(returned(given).payload.equals(given.payload)).toBe(true);
  });

  it("says nothing of what is absent", () => {
    expect(messageText(message("")).toString()).toBe('{"id":"m","identifier":"a:b","attributes":{}}');
    expect(readMessage({ identifier: "a:b" })).toMatchObject({ messageId: "", expiresAt: 0, requireAck: false });
  });

  it("without an identifier, or with a wrong one, is refused as berryMQ refuses", () => {
    expect(() => readMessage(undefined)).toThrow(expect.objectContaining({ reason: "MALFORMED_MESSAGE" }));
    expect(() => readMessage({ identifier: "a*:b" })).toThrow(
      expect.objectContaining({ reason: "INVALID_IDENTIFIER" }),
    );
  });

  it("becomes a batch of one for those who read batches", () => {
    const given = envelopeOf(new Message("x:y", 1).with({ messageId: "m" }));
    const batch = toBatch(readText(messageText(given).toString()));
    const read: WireEnvelope[] = [];
    new MessageReader().batch(batch, 0, batch.length, (each) => read.push(each));
    expect(read.map((each) => [each.messageId, each.identifier.text])).toEqual([["m", "x:y"]]);
  });
});

it("an encoded request becomes the params of publish_batches, in order", () => {
  fc.assert(
    fc.property(fc.array(messages, { minLength: 1, maxLength: 4 }), fc.nat(), fc.boolean(), (all, first, resent) => {
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
      const { batch: said, ...rest } = JSON.parse(stringify(params));
      expect(rest).toEqual({ first_sequence: first, ...(resent && { resent }) });
      expect(said.messages.map((each: { id?: string }) => each.id ?? "")).toEqual(
        all.map(({ messageId }) => messageId),
      );
    }),
  );
});
