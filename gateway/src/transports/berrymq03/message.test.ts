// Messages of the contract as berryMQ 0.3 knows them, and back.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Message } from "../../gen/berrymq/v1/message.js";
import { bodyOf } from "../../model/message.js";
import { readJson, writeJson } from "../json/text.js";
import { fromMessage, toRequest } from "./message.js";

const nowhere = { id: "", hops: 0 };
const there = (args: unknown[], kwargs: Record<string, unknown>) =>
  Message.decode(bodyOf(toRequest({ identifier: "a:b", args, kwargs }, nowhere)));

test("a call comes back as it went", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), (args, kwargs) => {
      const back = fromMessage(there(args, kwargs));
      expect(JSON.parse(writeJson([back.args, back.kwargs]))).toEqual(JSON.parse(JSON.stringify([args, kwargs])));
    }),
  );
});

test("numbers keep every digit", () => {
  const text = '[[9223372036854775807,-9223372036854775808,18446744073709551616,1.0,1e400,0.1],{"n":9007199254740993}]';
  const [args, kwargs] = readJson(text) as [unknown[], Record<string, unknown>];
  const back = fromMessage(there(args, kwargs));
  expect(writeJson([back.args, back.kwargs])).toBe(text);
});

test("what a peer tells beside goes into the message", () => {
  const request = toRequest({ identifier: "a:b", args: [], kwargs: {} }, { id: "x-1", hops: 7 });
  expect(Message.decode(bodyOf(request))).toMatchObject({ id: "x-1", hops: 7, contentType: "", identifier: "a:b" });
});

test.each<[string, string, string, unknown]>([
  ["JSON", "application/json", '{"a":[1,2]}', { a: [1, 2] }],
  ["JSON of somebody", "application/vnd.x+json", "[1]", [1]],
  ["text", "text/plain", "grün", "grün"],
  ["bytes", "application/octet-stream", "ab", "YWI="],
  ["another kind", "image/png", "ab", "YWI="],
  ["JSON that is none", "application/json", "{", "ew=="],
  ["text that is not UTF-8", "text/plain; charset=latin1", "ab", "YWI="],
  ["a call that is none", "", "[1]", "WzFd"],
])("%s is one argument", (_what, contentType, payload, argument) => {
  const message = Message.fromPartial({ identifier: "a:b", payload: Buffer.from(payload), contentType });
  expect(fromMessage(message)).toEqual({ identifier: "a:b", args: [argument], kwargs: {} });
});

test("an empty payload is a call of nothing", () => {
  expect(fromMessage(Message.fromPartial({ identifier: "a:b" }))).toEqual({ identifier: "a:b", args: [], kwargs: {} });
});
