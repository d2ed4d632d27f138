// The wire format's pieces, against the library that writes it.
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lengthDelimited, varint, WireError, WireReader } from "./wire.js";

const reader = (bytes: Uint8Array) => new WireReader(Buffer.from(bytes), 0, bytes.length);
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe("WireReader", () => {
  test("reads every 32-bit varint", () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (value) => {
        expect(reader(new BinaryWriter().uint32(value).finish()).uint32()).toBe(value);
      }),
    );
  });

  test("reads a 64-bit varint exactly below 2^53 and nearly above, and passes over it", () => {
    fc.assert(
      fc.property(uint64, fc.maxSafeNat(), (value, safe) => {
        const bytes = new BinaryWriter().uint64(value).finish();
        expect(reader(new BinaryWriter().uint64(safe).finish()).uint64()).toBe(safe);
        expect(reader(bytes).uint64() / Number(value || 1n)).toBeCloseTo(value === 0n ? 0 : 1, 12);
        const passing = reader(bytes);
        expect(passing.skipUint64()).toBe(value !== 0n);
        expect(passing.done).toBe(true);
      }),
    );
  });

  test("reads numbers with a sign", () => {
    for (const value of [0, 1, -1, -1_700_000_000_000_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      expect(reader(new BinaryWriter().int64(value).finish()).int64()).toBeCloseTo(value, -4);
    }
  });

  test("never reads past its end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat(20), (bytes, cut) => {
        const buffer = Buffer.concat([bytes, Buffer.alloc(20, 1)]);
        for (const read of ["uint32", "uint64", "skipUint64", "fieldEnd"] as const) {
          const end = Math.min(cut, bytes.length);
          const bounded = new WireReader(buffer, 0, end);
          try {
            bounded[read]();
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
          expect(bounded.at).toBeLessThanOrEqual(end);
        }
      }),
    );
  });

  test.each([
    ["uint32", [0x80]],
    ["uint64", [0xff, 0xff]],
    ["skipUint64", [0x80, 0x80]],
    ["fieldEnd", [0x05, 0x00]],
  ] as const)("%s refuses what ends too early", (read, bytes) => {
    expect(() => reader(Buffer.from(bytes))[read]()).toThrow(WireError);
  });

  test.each([
    [0, 9],
    [1, 8],
    [5, 4],
  ])("skips wire type %i", (type, length) => {
    const bytes = type === 0 ? Buffer.from([...Array(length - 1).fill(0xff), 0x01]) : Buffer.alloc(length);
    const skipping = reader(bytes);
    skipping.skip((13 << 3) | type);
    expect(skipping.done).toBe(true);
    expect(() => reader(bytes.subarray(0, -1)).skip((13 << 3) | type)).toThrow(WireError);
  });
});

describe("varint and lengthDelimited", () => {
  test("write what the library reads", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ maxLength: 300 }), (value, bytes) => {
        expect(new BinaryReader(varint(value)).uint64()).toBe(BigInt(value));
        const field = new BinaryReader(lengthDelimited(0x0a, Buffer.from(bytes)));
        expect(field.uint32()).toBe(0x0a);
        expect(Buffer.from(field.bytes())).toEqual(Buffer.from(bytes));
      }),
    );
  });
});
