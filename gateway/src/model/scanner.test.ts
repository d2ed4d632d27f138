// The scanner against the generated decoder: what it lets pass every decoder takes, and it says the same of it.
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Batch, Message } from "../gen/berrymq/v1/message.js";
import { defaultLimits } from "../limits.js";
import { Refusal } from "./errors.js";
import { refusalOf, type Scanned, scanBatch } from "./scanner.js";
import { lengthDelimited } from "./wire.js";

function scan(batch: Buffer, limits = defaultLimits): Scanned[] {
  const found: Scanned[] = [];
  scanBatch(batch, limits, (message) => found.push({ ...message }));
  return found;
}

function reasonOf(batch: Buffer): string | undefined {
  try {
    scan(batch);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}

const entry = (body: Uint8Array) => lengthDelimited(0x0a, Buffer.from(body));
const batchOf = (messages: Message[]) => Buffer.from(Batch.encode({ messages }).finish());
const one = (fields: Partial<Message>) => batchOf([Message.fromPartial(fields)]);

const text = (maxLength: number) => fc.string({ unit: "grapheme", maxLength });
const messages = fc
  .record({
    id: text(10),
    identifier: text(40),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    contentType: text(10),
    attributes: fc.dictionary(text(5), text(10), { maxKeys: 5, noNullPrototype: true }),
    publishedAt: fc.bigInt({ min: 0n, max: 2n ** 53n }),
    expiresAt: fc.bigInt({ min: 0n, max: 2n ** 53n }),
    sender: text(10),
    replyTo: text(20),
    answer: fc.option(fc.record({ to: text(10), number: fc.nat(), of: fc.nat(), failed: fc.boolean() }), {
      nil: undefined,
    }),
    resent: fc.boolean(),
    hops: fc.nat(),
  })
  .map((fields) => Message.fromPartial(fields));

/** Fields that no message has today: of any wire type but groups. */
const unknownField = fc
  .tuple(fc.integer({ min: 100, max: 2 ** 29 - 1 }), fc.constantFrom(0, 1, 2, 5))
  .map(([field, type]) => {
    const writer = new BinaryWriter().tag(field, type);
    if (type === 0) writer.uint64(2n ** 64n - 1n);
    else if (type === 1) writer.fixed64(1);
    else if (type === 2) writer.string("unknown");
    else writer.fixed32(1);
    return Buffer.from(writer.finish());
  });

/** The fields of an encoded message, one piece each. */
function fieldsOf(message: Message): Buffer[] {
  return Object.entries(message).flatMap(([key, value]) => {
    if (key !== "attributes") return [Buffer.from(Message.encode(Message.fromPartial({ [key]: value })).finish())];
    const each = Object.entries(value as Record<string, string>).map(([name, text]) => ({
      attributes: { [name]: text },
    }));
    return each.map((fields) => Buffer.from(Message.encode(Message.fromPartial(fields)).finish()));
  });
}

const shuffled = fc.tuple(messages, fc.array(unknownField, { maxLength: 3 })).chain(([message, unknown]) => {
  const fields = [...fieldsOf(message), ...unknown];
  return fc.record({
    message: fc.constant(message),
    fields: fc.shuffledSubarray(fields, { minLength: fields.length, maxLength: fields.length }),
  });
});

describe("scanBatch", () => {
  test("passes every batch that can be encoded and finds key, marks and ranges", () => {
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 6 }), (given) => {
        const batch = batchOf(given);
        const found = scan(batch);
        expect(found).toHaveLength(given.length);
        found.forEach((scanned, index) => {
          const message = given[index]!;
          expect(Buffer.from(scanned.key, "latin1").toString()).toBe(message.identifier);
          expect([scanned.hasId, scanned.hasPublishedAt]).toEqual([message.id !== "", message.publishedAt !== 0n]);
          expect([scanned.expiresAt, scanned.hops]).toEqual([Number(message.expiresAt), message.hops]);
          expect(Message.decode(batch.subarray(scanned.body, scanned.end))).toEqual(message);
          expect(Batch.decode(batch.subarray(scanned.entry, scanned.end)).messages).toEqual([message]);
        });
      }),
      { numRuns: 200 },
    );
  });

  test("does not care for the order of fields nor for fields it does not know", () => {
    fc.assert(
      fc.property(shuffled, ({ message, fields }) => {
        const [scanned] = scan(entry(Buffer.concat(fields)));
        expect(Buffer.from(scanned!.key, "latin1").toString()).toBe(message.identifier);
        expect([scanned!.hasId, scanned!.expiresAt]).toEqual([message.id !== "", Number(message.expiresAt)]);
      }),
      { numRuns: 200 },
    );
  });

  test("refuses every truncation that is not at the end of a message", () => {
    fc.assert(
      fc.property(fc.array(messages, { minLength: 1, maxLength: 3 }), (given) => {
        const batch = batchOf(given);
        const ends = new Set([0, ...scan(batch).map(({ end }) => end)]);
        for (let length = 0; length < batch.length; length++) {
          const expected = ends.has(length) ? undefined : "MALFORMED_MESSAGE";
          expect(reasonOf(batch.subarray(0, length))).toBe(expected);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("never crashes on bytes that were tampered with, and what passes the decoder takes, as UTF-8", () => {
    const mutation = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.array(messages, { minLength: 1, maxLength: 3 }),
        fc.array(mutation, { maxLength: 4 }),
        (given, mutations) => {
          const batch = batchOf(given);
          for (const [at, byte] of mutations) batch[at % batch.length] = byte;
          if (reasonOf(batch) === undefined) expectDecodable(batch);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("never crashes on random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const batch of [Buffer.from(bytes), entry(bytes)])
          if (reasonOf(batch) === undefined) expectDecodable(batch);
      }),
      { numRuns: 2000 },
    );
  });

  test.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    "refuses every other wire type of field %i",
    (field) => {
      const [encoded] = fieldsOf(full()).filter((bytes) => bytes[0]! >>> 3 === field);
      const right = encoded![0]! & 7;
      for (const type of [0, 1, 2, 3, 4, 5, 6, 7]) {
        const body = Buffer.concat([Buffer.of((field << 3) | type), Buffer.alloc(12)]);
        if (type !== right) expect(reasonOf(entry(body))).toBe("MALFORMED_MESSAGE");
      }
    },
  );

  test.each([
    ["a group", [0x6b, 0x6c]],
    ["groups in groups", [...Array(10_000).fill(0x6b), ...Array(10_000).fill(0x6c)]],
    ["the end of a group", [0x6c]],
    ["field 0", [0x00, 0x00]],
    ["field 0 with a length", [0x02, 0x00]],
    ["a wire type that there is not", [0x6e]],
    ["a varint of 11 bytes", [0x30, ...Array(10).fill(0x80), 0x00]],
    ["an unknown varint of 11 bytes", [0x68, ...Array(10).fill(0xff), 0x01]],
    ["a tag of 6 bytes", [0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
    ["a length above 32 bits", [0x1a, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ["a length of 4 GiB less 1", [0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ["a message inside an attribute that ends too late", [0x2a, 0x02, 0x0a, 0x05]],
    ["a wrong wire type inside an attribute", [0x2a, 0x02, 0x08, 0x05]],
    ["a wrong wire type inside an answer", [0x52, 0x02, 0x08, 0x05]],
  ])("refuses %s", (_what, bytes) => {
    expect(reasonOf(entry(Buffer.from(bytes)))).toBe("MALFORMED_MESSAGE");
  });

  test("refuses anything but messages in a batch, and says so", () => {
    expect(() => scan(Buffer.of(0x12, 0x00))).toThrow("tag 18 in a batch, which holds messages at tag 1 only");
  });

  test("names the message that is not well-formed", () => {
    expect(() => scan(Buffer.concat([one({ id: "a" }), Buffer.of(0x0a, 0x05, 0x00)]))).toThrow(
      "message 2 of the batch is not well-formed",
    );
  });

  const bad = Buffer.of(0x61, 0xff, 0x62);
  test.each([
    ["id", 0x0a],
    ["content_type", 0x22],
    ["sender", 0x42],
    ["reply_to", 0x4a],
  ])("refuses %s that is not UTF-8", (field, tag) => {
    expect(() => scan(entry(lengthDelimited(tag, bad)))).toThrow(`${field} is not UTF-8`);
  });

  test.each([
    ["a key of an attribute", lengthDelimited(0x2a, lengthDelimited(0x0a, bad))],
    ["a value of an attribute", lengthDelimited(0x2a, lengthDelimited(0x12, bad))],
    ["answer.to", lengthDelimited(0x52, lengthDelimited(0x0a, bad))],
  ])("refuses %s that is not UTF-8", (_what, body) => {
    expect(() => scan(entry(body))).toThrow("is not UTF-8");
  });

  test.each([
    ["id", 128, (length: number) => ({ id: "x".repeat(length) })],
    ["content_type", 128, (length: number) => ({ contentType: "x".repeat(length) })],
    ["sender", 255, (length: number) => ({ sender: "x".repeat(length) })],
    ["answer.to", 128, (length: number) => ({ answer: { to: "x".repeat(length), number: 1, of: 1, failed: false } })],
  ])("takes %s of %i bytes and no more", (field, limit, fields) => {
    expect(scan(one(fields(limit)))).toHaveLength(1);
    expect(() => scan(one(fields(limit + 1)))).toThrow(`${field} is longer than ${limit} bytes`);
  });

  test("takes 64 attributes and no more", () => {
    const attributes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "v"]));
    expect(scan(one({ attributes: attributes(64) }))).toHaveLength(1);
    expect(() => scan(one({ attributes: attributes(65) }))).toThrow("more than 64 attributes");
  });

  test("refuses a batch of too many bytes or messages, naming the limit", () => {
    const limits = { ...defaultLimits, batchBytes: 1024, batchMessages: 2 };
    expect(() => scan(one({ payload: Buffer.alloc(1024) }), limits)).toThrow(/a batch of \d+ bytes; at most 1024/);
    expect(scan(Buffer.concat([one({}), one({})]), limits)).toHaveLength(2);
    expect(() => scan(Buffer.concat([one({}), one({}), one({})]), limits)).toThrow("more than 2 messages in a batch");
  });

  test("cuts the key of an identifier that is too long to be one", () => {
    const [scanned] = scan(one({ identifier: "x".repeat(5000) }));
    expect(scanned!.key).toHaveLength(768);
  });
});

describe("refusalOf", () => {
  const refusal = (fields: Partial<Message>) =>
    refusalOf(scan(one(fields))[0]!, { ...defaultLimits, messageBytes: 1024 });

  test("refuses a message that is too large alone", () => {
    expect(refusal({ payload: Buffer.alloc(900) })).toBeUndefined();
    expect(refusal({ payload: Buffer.alloc(1100) })?.reason).toBe("MESSAGE_TOO_LARGE");
  });

  test("refuses a message that has travelled more than 100 hops", () => {
    expect(refusal({ hops: 100 })).toBeUndefined();
    expect(refusal({ hops: 101 })?.reason).toBe("HOP_LIMIT");
  });
});

const strict = new TextDecoder("utf-8", { fatal: true });

/** What passed the scanner: the generated decoder takes it, and its texts but the identifier, which the router reads, are UTF-8. */
function expectDecodable(batch: Buffer): void {
  Batch.decode(batch);
  for (const { body, end } of scan(batch)) {
    const { id, contentType, sender, replyTo, answer, attributes } = Message.decode(batch.subarray(body, end));
    const texts = [id, contentType, sender, replyTo, answer?.to ?? "", ...Object.entries(attributes).flat()];
    for (const text of texts) expect(strict.decode(Buffer.from(text))).toBe(text);
    for (const text of texts.filter((each) => each.includes("\ufffd"))) {
      // A replacement character has to have been sent as one.
      expect(batch.includes(Buffer.from(text))).toBe(true);
    }
  }
}

function full(): Message {
  return Message.fromPartial({
    id: "i",
    identifier: "a:b",
    payload: Buffer.from("p"),
    contentType: "c",
    attributes: { k: "v" },
    publishedAt: 1n,
    expiresAt: 1n,
    sender: "s",
    replyTo: "r",
    answer: { to: "t", number: 1, of: 1, failed: true },
    resent: true,
    hops: 1,
  });
}
