// Names, texts, JSON and arguments: what goes in comes out, whatever it is.

import { parseIdentifier } from "berrymq/identifier";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Message } from "../../gen/berrymq/v1/message.js";
import { Refusal } from "../../model/errors.js";
import { Arguments, readBody, readForm, stripped } from "./arguments.js";
import { fromBroker, toBroker } from "./names.js";
import { pythonJson } from "./python-json.js";
import { textOf } from "./texts.js";

const text = fc.string({ unit: "grapheme" });
const anyText = fc.string({ unit: "binary" }).filter((each) => !/\p{Surrogate}/u.test(each));

describe("names", () => {
  test("every name that fits becomes a berryMQ name, which is no other's, and comes back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 60 }), (name) => {
        fc.pre(!/\p{Surrogate}/u.test(name));
        let broker: string;
        try {
          broker = toBroker(name);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          expect(Buffer.byteLength(encodeURIComponent(name))).toBeGreaterThan(100);
          return;
        }
        expect(fromBroker(broker)).toBe(name);
        expect(parseIdentifier(`${broker}:add`)).toMatchObject({ name: broker, local: false, reserved: false });
      }),
    );
  });

  test.each([
    ["a:b", "a%3Ab"],
    ["*", "%2A"],
    ["x@y", "x%40y"],
    ["50%", "50%25"],
    ["_x", "%5Fx"],
    ["berrymq", "%62errymq"],
    ["a/b c", "a/b c"],
    ["café", "café"],
    ["\u0085", "%C2%85"],
  ])("%j is %s", (name, broker) => expect(toBroker(name)).toBe(broker));

  test("a broker's name that another name means has none", () => {
    expect(["a:b", "_mailbox:x", "%41", "x%", "berrymq"].map(fromBroker)).toEqual(Array(5).fill(undefined));
  });
});

describe("JSON", () => {
  test("is JSON, in ASCII, and no end of a script", () => {
    fc.assert(
      fc.property(fc.jsonValue(), text, (value, more) => {
        const written = pythonJson([value, more]);
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify([value, more])));
        expect(written).toMatch(/^[\x20-\x7e]*$/);
        expect(written).not.toContain("</");
      }),
    );
  });
});

describe("texts", () => {
  const shown = (contentType: string, payload: string | Buffer) =>
    textOf(Buffer.from(Message.encode(Message.fromPartial({ contentType, payload: Buffer.from(payload) })).finish()));

  test.each([
    ["text/plain", " as it is ", " as it is "],
    ["", '{"args":["one"],"kwargs":{}}', "one"],
    ["", '{"args":[1.0]}', "1.0"],
    ["", '{"args":[12345678901234567890123]}', "12345678901234567890123"],
    ["", '{"args":[{"a":1}],"kwargs":{}}', '{"a":1}'],
    ["", '{"args":["a",2],"kwargs":{"k":null}}', '{"args":["a",2],"kwargs":{"k":null}}'],
    ["", '{"args":["a"],"kwargs":{"k":1}}', '{"args":["a"],"kwargs":{"k":1}}'],
    ["", "", '{"args":[],"kwargs":{}}'],
    ["", "no call", "no call"],
    ["application/json", '{ "a": 1.0 }', '{ "a": 1.0 }'],
    ["application/octet-stream", "bytes", "bytes"],
  ])("%j %j is shown as %j", (contentType, payload, expected) => expect(shown(contentType, payload)).toBe(expected));

  test("bytes that are no UTF-8 are base64", () => {
    expect(shown("application/octet-stream", Buffer.of(0xff, 0xfe))).toBe("//4=");
    expect(shown("", Buffer.of(0xff, 0xfe))).toBe("//4=");
  });
});

describe("arguments", () => {
  const FORM = "application/x-www-form-urlencoded";

  test("what a form encodes comes back, stripped", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (name, value) => {
        const body = Buffer.from(new URLSearchParams([[name, value]]).toString());
        const args = new Arguments(await readBody(body, FORM));
        expect(args.get(name) ?? "").toBe(stripped(value));
      }),
    );
  });

  test("what multipart encodes comes back, stripped", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (value) => {
        const form = new FormData();
        form.set("value", value);
        const request = new Request("http://x/", { method: "POST", body: form });
        const body = Buffer.from(await request.arrayBuffer());
        const args = new Arguments(await readBody(body, request.headers.get("content-type")!));
        expect(args.get("value") ?? "").toBe(stripped(value.replace(/\r\n?|\n/g, "\r\n")));
      }),
      { numRuns: 50 },
    );
  });

  test("any bytes are read, or refused", async () => {
    const types = [
      FORM,
      "multipart/form-data; boundary=b",
      "multipart/form-data",
      "application/json",
      "text/plain",
      "",
    ];
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.constantFrom(...types), async (bytes, type) => {
        try {
          for (const [name, value] of await readBody(Buffer.from(bytes), type))
            expect(typeof (name + value)).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
    );
  });

  test("the last one wins that is not blank; control characters are spaces", () => {
    const args = new Arguments(readForm("a=1&a=2&a=&b=%20+%00x%01y%1f&c=%&d=%zz&e", "it"));
    expect(["a", "b", "c", "d", "e"].map((name) => args.get(name))).toEqual(["2", "x y", "%", "%zz", undefined]);
  });

  test("a body under another content type holds none, and one that is no UTF-8 is refused", async () => {
    expect(await readBody(Buffer.from("a=1"), "text/plain")).toEqual([]);
    expect(await readBody(Buffer.from("a=1"), `${FORM}; charset=x`)).toEqual([["a", "1"]]);
    await expect(readBody(Buffer.from("a=%ff"), FORM)).rejects.toThrow("UTF-8");
    const spoilt = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="v"\r\n\r\n'),
      Buffer.of(0xff),
      Buffer.from("\r\n--b--\r\n"),
    ]);
    await expect(readBody(spoilt, "multipart/form-data; boundary=b")).rejects.toThrow("UTF-8");
  });

  test("a form that ends too early is refused, wherever it ends", async () => {
    const part = (more: string) => `--b\r\nContent-Disposition: form-data; name="v"${more}\r\n\r\nvalue\r\n`;
    const whole = Buffer.from(`${part("")}${part('; filename="f"')}--b--\r\n`);
    for (let end = 0; end < whole.length - 4; end++) {
      const cut = readBody(whole.subarray(0, end), "multipart/form-data; boundary=b");
      await expect(cut, `cut at ${end}`).rejects.toThrow("multipart");
    }
  });
});
