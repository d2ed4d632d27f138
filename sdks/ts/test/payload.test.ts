import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidArgument, MalformedMessage, NotEncodable } from "../src/errors.js";
import { decodeContent, encodeCall, kwargs, NO_KWARGS, toCall } from "../src/payload.js";

const nested = (levels: number) => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
};
const integer = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((big) => {
  const number = Number(big);
  return Number.isSafeInteger(number) ? number : big;
});
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.string({ unit: "binary" }),
    integer,
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((each) => !Object.is(each, -0)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

/** Doubles that are whole and beyond 2^53 are written as integers, and read as what they are. */
function exact(value: unknown): unknown {
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21) {
    return BigInt(value);
  }
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, exact(part)]));
  }
  return value;
}

function roundTrip(...all: readonly unknown[]) {
  const { payload, contentType } = encodeCall(toCall(all));
  return decodeContent(payload, contentType);
}

describe("a call's arguments", () => {
  it("arrive as they were, integers of any size exactly", () => {
    fc.assert(
      fc.property(
        fc.array(json, { maxLength: 4 }),
        fc.dictionary(fc.string(), json, { maxKeys: 3, noNullPrototype: true }),
        (args, named) => {
          expect(roundTrip(...args, kwargs(named))).toEqual({ args: exact(args), kwargs: exact(named) });
        },
      ),
    );
  });

  it("keep 64-bit integers to the last digit", () => {
    expect(roundTrip(2n ** 63n - 1n, -(2n ** 63n)).args).toEqual([9223372036854775807n, -9223372036854775808n]);
    expect(roundTrip(2 ** 53 - 1).args).toEqual([9007199254740991]);
  });

  it("that are one bytes argument travel untouched", () => {
    const bytes = Uint8Array.of(0, 255, 1);
    expect(encodeCall(toCall([bytes])).contentType).toBe("application/octet-stream");
    expect(roundTrip(bytes).args[0]).toEqual(Buffer.from(bytes));
  });

  it("that are none need no bytes", () => {
    expect(encodeCall(toCall([])).payload.length).toBe(0);
    expect(roundTrip()).toEqual({ args: [], kwargs: {} });
  });

  it.each([
    [{ when: new Date(0) }, /args\[0\]\.when is a Date.*toISOString/],
    [[1, undefined], /args\[0\]\[1\] is undefined/],
    [Number.NaN, /args\[0\] is NaN/],
    [{ list: [new Map()] }, /args\[0\]\.list\[0\] is a Map/],
    [{ bytes: Uint8Array.of(1) }, /args\[0\]\.bytes is a Uint8Array.*single argument/],
    [() => 1, /args\[0\] is function/],
    [{ list: new Set() }, /args\[0\]\.list is a Set.*publish \[\.\.\.set\]/],
    [new Error("x"), /args\[0\] is an Error.*publish its message/],
    [new ArrayBuffer(1), /args\[0\] is an ArrayBuffer.*a Uint8Array, alone/],
    [Object.create({ inherited: 1 }), /args\[0\] is an Object/],
    [nested(100_000), /args is too deep/],
  ])("that JSON cannot hold are refused with their path", (value, message) => {
    expect(() => encodeCall(toCall([value]))).toThrow(NotEncodable);
    expect(() => encodeCall(toCall([value]))).toThrow(message);
  });

  it("that hold themselves are refused", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(() => encodeCall(toCall([circle]))).toThrow(/args\[0\]\.self is a circle/);
  });

  it("may come from another realm, as jest's do", () => {
    expect(roundTrip(runInNewContext("({ a: [{ b: 1 }] })")).args).toEqual([{ a: [{ b: 1 }] }]);
  });

  it("leave undefined properties out, as JavaScript does", () => {
    expect(roundTrip({ a: 1, b: undefined }).args).toEqual([{ a: 1 }]);
  });

  it("take kwargs at the end only", () => {
    expect(() => toCall([kwargs({ a: 1 }), 2])).toThrow(InvalidArgument);
    expect(toCall([1]).kwargs).toBe(NO_KWARGS);
  });
});

describe("a payload", () => {
  it.each([
    ["application/json", '{"a":1}', { a: 1 }],
    ["application/vnd.x+json; charset=utf-8", "[1]", [1]],
    ["text/plain", "köln", "köln"],
  ])("of %s is one argument", (contentType, text, value) => {
    expect(decodeContent(Buffer.from(text), contentType).args).toEqual([value]);
  });

  it("of an unknown kind is one bytes argument", () => {
    expect(decodeContent(Buffer.from([1, 2]), "image/png").args).toEqual([Buffer.from([1, 2])]);
  });

  it.each(["{", "[1]", '"x"', '{"args":1}', "null"])("that is no call is refused: %s", (text) => {
    expect(() => decodeContent(Buffer.from(text), "")).toThrow(MalformedMessage);
  });
});
