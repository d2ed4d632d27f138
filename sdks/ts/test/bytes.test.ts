import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bytes } from "../src/bytes.js";
import { sha256 } from "../src/platform/node.js";
import { sha256 as sha256InBrowsers } from "../src/platform/sha256.js";

const bytes = fc.uint8Array({ maxLength: 300 });

describe("the Buffer of browsers", () => {
  it("reads and writes text and base64 as Node's does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), bytes, (text, some) => {
        expect([...Bytes.read(text)]).toEqual([...Buffer.from(text)]);
        expect(Bytes.read(some).toString()).toBe(Buffer.from(some).toString());
        expect(Bytes.read(some).toString("base64")).toBe(Buffer.from(some).toString("base64"));
        expect([...Bytes.read(Buffer.from(some).toString("base64"), "base64")]).toEqual([...some]);
      }),
    );
  });

  it("copies, joins, compares and views parts as Node's does", () => {
    fc.assert(
      fc.property(bytes, bytes, fc.nat(300), (one, other, at) => {
        expect([...Bytes.joined([one, other])]).toEqual([...one, ...other]);
        expect(Bytes.read(one).equals(other)).toBe(Buffer.from(one).equals(other));
        const part = Bytes.read(one).subarray(at) as Bytes;
        expect(part.toString()).toBe(Buffer.from(one).subarray(at).toString());
        expect(Bytes.read(one).toString("utf8", at, at + 5)).toBe(Buffer.from(one).toString("utf8", at, at + 5));
        const target = new Bytes(600);
        Bytes.read(one).copy(target, 7, 0, one.length);
        expect([...target.subarray(7, 7 + one.length)]).toEqual([...one]);
      }),
    );
  });

  it("sees the same bytes as the ArrayBuffer that it is a view of", () => {
    const whole = Uint8Array.of(1, 2, 3, 4);
    const view = Bytes.read(whole.buffer, 1, 2);
    whole[1] = 9;
    expect([...view]).toEqual([9, 3]);
  });
});

it("the SHA-256 of browsers is Node's, whatever the length", () => {
  for (let length = 0; length < 200; length++) {
    const zeros = new Uint8Array(length);
    expect(sha256InBrowsers(zeros)).toBe(sha256(zeros));
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (some) => sha256InBrowsers(some) === sha256(some)));
});
