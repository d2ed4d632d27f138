// Whatever message or event there is: it comes back from the other form as it was.
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBytes, type JsonObject, toBytes } from "../../json/codec.js";
import { registry } from "../../json/descriptors.js";
import { MESSAGE } from "../../json/payload.js";
import { readJson, writeJson } from "../../json/text.js";
import { readEvent, writeEvent } from "./structured.js";
import { microseconds, timeText } from "./time.js";

const message = registry.getMessage(MESSAGE)!;
const shown = (bytes: Buffer) => fromBytes(message, bytes);
const overTheWire = (value: JsonObject) => readJson(writeJson(value));

const text = fc.string({ unit: "binary", minLength: 1, maxLength: 20 }).filter((each) => !/\p{Surrogate}/u.test(each));
const name = fc.oneof(
  fc.stringMatching(/^[a-z0-9]{1,20}$/),
  fc.constantFrom("id", "data", "ce_id", "ce_type", "ce_time"),
  text,
);
const part = fc.stringMatching(/^[a-z.]{1,10}$/);

const content = fc.oneof(
  fc.record({ args: fc.array(fc.jsonValue()), kwargs: fc.dictionary(fc.string(), fc.jsonValue()) }),
  fc.record({ content_type: fc.constantFrom("application/json", "application/x+json"), payload: fc.jsonValue() }),
  fc.record({ content_type: fc.constant("text/plain"), payload: fc.string({ unit: "grapheme" }) }),
  fc
    .uint8Array()
    .map((bytes) => ({ content_type: "image/png", payload_base64: Buffer.from(bytes).toString("base64") })),
);

test("messages", () => {
  const marks = fc.record({
    id: text,
    identifier: fc.tuple(part, part).map((parts) => parts.join(":")),
    sender: text,
    published_at: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    priority: fc.integer({ min: 0, max: 9 }),
    attributes: fc.dictionary(
      name,
      fc.string({ unit: "binary" }).filter((each) => !/\p{Surrogate}/u.test(each)),
      { maxKeys: 5 },
    ),
  });
  fc.assert(
    fc.property(marks, content, (fields, payload) => {
      fc.pre(/^[^\p{Cc}\p{Noncharacter_Code_Point}]+$/u.test(fields.id));
      fc.pre(!Object.keys(fields.attributes).includes("__proto__"));
      const before = toBytes(message, readJson(JSON.stringify({ ...fields, ...payload })), "message");
      const after = readEvent(overTheWire(writeEvent(shown(before))), "event");
      expect(shown(after)).toEqual(shown(before));
    }),
  );
});

test("events", () => {
  const letters = fc
    .stringMatching(/^[a-z0-9]{1,20}$/)
    .filter((each) => !["data", "berrymq", "time", "id"].includes(each));
  const attribute = fc.stringMatching(/^[\x20-\x7eäß€]{1,20}$/);
  const event = fc.record(
    {
      specversion: fc.constant("1.0"),
      id: attribute,
      source: fc.webUrl(),
      type: fc.stringMatching(/^[a-z.]{1,20}(:[a-z.]{1,20})?$/),
      time: fc
        .date({ min: new Date(0), noInvalidDate: true })
        .map((date) => date.toISOString())
        .filter((each) => /^\d/.test(each)),
      subject: attribute,
    },
    { requiredKeys: ["specversion", "id", "source", "type"] },
  );
  const extensions = fc.dictionary(letters, attribute, { maxKeys: 3 });
  const data = fc.oneof(
    fc.constant({}),
    fc.jsonValue().map((value) => ({ datacontenttype: "application/json", data: value })),
    fc.constant({ datacontenttype: "text/plain", data: "x" }),
    fc.constant({ datacontenttype: "image/png", data_base64: "AP8=" }),
  );
  fc.assert(
    fc.property(event, extensions, data, (context, more, body) => {
      const before = readJson(JSON.stringify({ ...more, ...context, ...body }));
      const after = writeEvent(shown(readEvent(before, "event")));
      expect(overTheWire(after)).toEqual(before);
    }),
  );
});

test("times, to the microsecond", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -62167219200000000n, max: 253402300799999999n }), (time) => {
      expect(microseconds(timeText(time)!)).toBe(time);
    }),
  );
  expect(timeText(2n ** 62n)).toBeUndefined();
  expect(microseconds("2020-01-01t00:00:00.1234567z")).toBe(1577836800123456n);
});
