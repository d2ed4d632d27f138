// The examples of the JSON-RPC 2.0 specification, word for word (https://www.jsonrpc.org/specification#examples). Where a refusal is shown, ours
// has `data` besides, which the specification allows.
import { expect, test } from "vitest";
import { toRefusal } from "../../model/errors.js";
import type { Host, Invoke } from "./invoker.js";
import { byName } from "./params.js";
import { Rpc } from "./rpc.js";

const subtract: Invoke = async (params) => {
  const { minuend, subtrahend } = byName(params, ["minuend", "subtrahend"]);
  return Number(minuend) - Number(subtrahend);
};
const invokers = new Map<string, Invoke>([
  ["subtract", subtract],
  ["sum", async (params) => (params as number[]).reduce((sum, each) => sum + each)],
  ["get_data", async () => ["hello", 5]],
  ["update", async () => "updated"],
  ["notify_hello", async () => "hello"],
  ["notify_sum", async () => 7],
]);
const rpc = new Rpc({ invokers, batch: 100, refusalOf: (error) => toRefusal(error, () => {}) });
const host: Host = {
  caller: { session: "", ident: "", payloads: "readable" },
  signal: new AbortController().signal,
  openStream: () => Promise.reject(new Error("nobody opens one here")),
};

async function answer(said: string): Promise<unknown> {
  const { text } = await rpc.answer(said, host);
  return text === undefined ? undefined : JSON.parse(text, (key, value) => (key === "data" ? undefined : value));
}

const parseError = { jsonrpc: "2.0", error: { code: -32700, message: "Parse error" }, id: null };
const invalidRequest = { jsonrpc: "2.0", error: { code: -32600, message: "Invalid Request" }, id: null };

test.each<[string, string, unknown]>([
  [
    "positional parameters",
    '{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}',
    { jsonrpc: "2.0", result: 19, id: 1 },
  ],
  [
    "positional parameters, the other way round",
    '{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}',
    { jsonrpc: "2.0", result: -19, id: 2 },
  ],
  [
    "named parameters",
    '{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
    { jsonrpc: "2.0", result: 19, id: 3 },
  ],
  [
    "named parameters in another order",
    '{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}',
    { jsonrpc: "2.0", result: 19, id: 4 },
  ],
  ["a notification", '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}', undefined],
  ["a notification of a method that there is not", '{"jsonrpc": "2.0", "method": "foobar"}', undefined],
  [
    "a method that there is not",
    '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
    { jsonrpc: "2.0", error: { code: -32601, message: "Method not found" }, id: "1" },
  ],
  ["what is no JSON", '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', parseError],
  ["what is no request", '{"jsonrpc": "2.0", "method": 1, "params": "bar"}', invalidRequest],
  [
    "a batch that is no JSON",
    '[\n  {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},\n  {"jsonrpc": "2.0", "method"\n]',
    parseError,
  ],
  ["an empty batch", "[]", invalidRequest],
  ["a batch of one that is no request", "[1]", [invalidRequest]],
  ["a batch of what are no requests", "[1,2,3]", [invalidRequest, invalidRequest, invalidRequest]],
  [
    "a batch",
    `[
        {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
        {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
    ]`,
    [
      { jsonrpc: "2.0", result: 7, id: "1" },
      { jsonrpc: "2.0", result: 19, id: "2" },
      invalidRequest,
      { jsonrpc: "2.0", error: { code: -32601, message: "Method not found" }, id: "5" },
      { jsonrpc: "2.0", result: ["hello", 5], id: "9" },
    ],
  ],
  [
    "a batch of notifications",
    '[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]',
    undefined,
  ],
])("%s", async (_what, said, told) => {
  expect(await answer(said)).toEqual(told);
});

test.each(["12345678901234567890123", "1.0", "-0", "1e3", '"1"', '""', "null", "-7"])(
  "the id %s comes back as it was written",
  async (id) => {
    const { text } = await rpc.answer(`{"jsonrpc": "2.0", "method": "get_data", "id": ${id}}`, host);
    expect(text).toBe(`{"jsonrpc":"2.0","result":["hello",5],"id":${id}}`);
  },
);

test.each<[string, unknown]>([
  ["another version", { jsonrpc: "1.0", method: "get_data", id: 1 }],
  ["no version", { method: "get_data", id: 1 }],
  ["no method", { jsonrpc: "2.0", id: 1 }],
  ["an empty method", { jsonrpc: "2.0", method: "", id: 1 }],
  ["an answer", { jsonrpc: "2.0", result: 1, id: 1 }],
  ["an id with a fraction", { jsonrpc: "2.0", method: "get_data", id: 1.5 }],
  ["an id that is a list", { jsonrpc: "2.0", method: "get_data", id: [] }],
  ["an id that is true", { jsonrpc: "2.0", method: "get_data", id: true }],
  ["a number", 1.0],
  ["nothing", null],
])("%s is no request", async (_what, said) => {
  expect(await answer(JSON.stringify(said))).toEqual(invalidRequest);
});

test("params that are neither a list nor an object are refused under the request's id", async () => {
  const { text } = await rpc.answer('{"jsonrpc": "2.0", "method": "subtract", "params": "bar", "id": 1}', host);
  expect(JSON.parse(text!)).toMatchObject({ error: { code: -32602, data: { reason: "INVALID_ARGUMENT" } }, id: 1 });
});

test("a batch beyond the limit is refused as a whole", async () => {
  const { text } = await rpc.answer(JSON.stringify(Array(101).fill({ jsonrpc: "2.0", method: "get_data" })), host);
  expect(JSON.parse(text!)).toMatchObject({
    error: { code: -32600, data: { detail: expect.stringContaining("100") } },
  });
});

test("what fails is told as INTERNAL, without its cause", async () => {
  const failing = new Rpc({
    invokers: new Map([["fail", () => Promise.reject(new Error("the secret"))]]),
    batch: 1,
    refusalOf: (error) => toRefusal(error, () => {}),
  });
  const { text } = await failing.answer('{"jsonrpc": "2.0", "method": "fail", "id": 1}', host);
  expect(text).not.toContain("secret");
  expect(JSON.parse(text!).error).toMatchObject({ code: -32603, data: { reason: "INTERNAL", retryable: false } });
});
