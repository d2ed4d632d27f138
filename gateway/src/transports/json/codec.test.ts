// The JSON form of the contract: there and back, and what is refused by name.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBytes, toBytes } from "./codec.js";
import { methodNamed } from "./descriptors.js";
import { readJson, writeJson } from "./text.js";

const publish = methodNamed("PublisherService", "Publish").input;
const create = methodNamed("QueueService", "Create").input;
const get = methodNamed("QueueService", "Get").input;

const roundTrip = (message: unknown) =>
  (fromBytes(publish, toBytes(publish, { message }, "params")).message ?? {}) as Record<string, unknown>;
const bytesOf = (message: unknown) => toBytes(publish, { message }, "params");

test("a call travels as args and kwargs", () => {
  const message = { identifier: "x:log", args: ["a", 1], kwargs: { level: 3 } };
  expect(roundTrip(message)).toEqual(message);
});

test.each([
  ["JSON", { content_type: "application/json", payload: { a: [1, null] } }],
  ["a kind of JSON", { content_type: "application/vnd.x+json; v=1", payload: "text" }],
  ["text", { content_type: "text/csv", payload: "a,ü\n" }],
  ["bytes", { content_type: "application/octet-stream", payload_base64: "AP8=" }],
  ["text in another charset", { content_type: "text/plain; charset=latin1", payload_base64: "/w==" }],
])("%s travels as its content type says", (_what, shown) => {
  expect(roundTrip({ identifier: "x:y", ...shown })).toEqual({ identifier: "x:y", ...shown });
});

test("a payload of no content type is JSON", () => {
  expect(roundTrip({ identifier: "x:y", payload: [1] })).toMatchObject({
    content_type: "application/json",
    payload: [1],
  });
});

test("what does not fit its content type is shown in base64", () => {
  const message = { identifier: "x:y", content_type: "application/json", payload_base64: "ew==" };
  expect(roundTrip(message)).toEqual(message);
  expect(roundTrip({ identifier: "x:y", payload_base64: "eyJhIjoxfQ==" })).toMatchObject({
    payload_base64: "eyJhIjoxfQ==",
  });
});

test.each(["12345678901234567890", "1.0", "1e400", "-0", "0.1", "1E5"])(
  "the number %s stays as it was written",
  (number) => {
    const read = readJson(`{"message":{"identifier":"x:y","args":[${number}],"kwargs":{"n":${number}}}}`);
    expect(writeJson(fromBytes(publish, toBytes(publish, read, "params")))).toContain(
      `"args":[${number}],"kwargs":{"n":${number}}`,
    );
  },
);

test("any JSON travels unchanged", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      const read = readJson(`{"identifier":"x:y","args":[${text}]}`) as object;
      expect(readJson(writeJson(roundTrip(read).args))).toEqual(readJson(`[${text}]`));
    }),
  );
});

test("a queue's options are seconds, numbers and small letters", () => {
  const queue = {
    name: "work",
    lease: 1.5,
    policy: "broadcast",
    overflow: "drop_oldest",
    max_messages: 9007199254740993n,
  };
  const text =
    '{"name":"work","lease":1.5,"policy":"broadcast","overflow":"drop_oldest","max_messages":9007199254740993}';
  const shown = fromBytes(create, toBytes(create, { queue: readJson(text) }, "params"));
  expect(shown.queue).toMatchObject(queue);
});

describe("what is wrong is named", () => {
  test.each<[unknown, string]>([
    [{ quue: "x" }, "params.quue: there is no such field; there are queue, max, wait, auto_ack, lease"],
    [{ queue: 5 }, "params: queue: "],
    [{ queue: "x", max: "many" }, "params: max: "],
    [{ queue: "x", max: 1.5 }, "params: max: "],
    [{ queue: "x", max: -1 }, "params: max: "],
    [{ queue: "x", wait: "soon" }, 'params.wait: a number of seconds is expected, not "soon"'],
    [{ queue: "x", auto_ack: "yes" }, "params: auto_ack: "],
    [[], "params: an object is expected, not []"],
    ["text", 'params: an object is expected, not "text"'],
  ])("%j", (value, message) => {
    expect(() => toBytes(get, value, "params")).toThrow(message);
  });

  test("an enumeration names its values", () => {
    expect(() => toBytes(create, { queue: { name: "x", policy: "all" } }, "params")).toThrow(
      'params.queue.policy: "all" is none of round_robin, broadcast',
    );
  });

  test.each<[Record<string, unknown>, string]>([
    [{ args: [], payload: 1 }, "exclude each other"],
    [{ args: {} }, "params.message.args: a list is expected"],
    [{ kwargs: [] }, "params.message.kwargs: an object is expected"],
    [{ args: [], content_type: "text/plain" }, "content_type"],
    [{ payload: "x", content_type: "image/png" }, "payload_base64"],
    [{ payload: 1, content_type: "text/plain" }, "a text is expected"],
    [{ payload_base64: "%%%" }, "payload"],
  ])("%j", (message, why) => {
    expect(() => bytesOf({ identifier: "x:y", ...message })).toThrow(why);
  });

  test("no JSON, and JSON that is nested too deeply", () => {
    expect(() => readJson("{")).toThrow("the body is no JSON");
    const refused = /nested deeper than|no JSON/;
    for (const number of ["1", "1.5"]) {
      expect(() => readJson("[".repeat(300) + number + "]".repeat(300))).toThrow(refused);
      expect(() => readJson("[".repeat(200_000) + number + "]".repeat(200_000))).toThrow(refused);
    }
  });

  test("any JSON at all is taken or refused, never a fault", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        try {
          toBytes(create, { queue: value }, "params");
        } catch (error) {
          expect((error as Error).name).toBe("Refusal");
        }
      }),
    );
  });
});

test("a client that asks for base64 is shown every payload byte for byte", () => {
  const bytes = bytesOf({ identifier: "x:y", args: [1] });
  expect(fromBytes(publish, bytes, "base64").message).toEqual({
    identifier: "x:y",
    payload_base64: Buffer.from('{"args":[1],"kwargs":{}}').toString("base64"),
  });
});
