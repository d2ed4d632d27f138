import { createHash } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InvalidArgument, kwargs, Message } from "../src/index.js";
import { connected } from "./support/buses.js";
import { Gateway } from "./support/gateway.js";
import { take } from "./support/until.js";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start();
});
afterAll(() => gateway.stop("SIGKILL"));

it("a message is shown as what it says, also one that cannot be read", () => {
  expect(inspect(new Message("door:opened", 7, kwargs({ by: "ann" })))).toBe("Message door:opened [ 7 ] { by: 'ann' }");
  const broken = new Message("a:b").with({ payload: Buffer.from("{"), contentType: "application/json" });
  expect(inspect([broken])).toBe("[ Message a:b <Buffer 7b> ]");
});

describe("a message's options", () => {
  it("are refused where they make no sense, with the value", () => {
    const message = new Message("a:b");
    for (const priority of [-1, 10, 1.5]) expect(() => message.with({ priority })).toThrow(String(priority));
    for (const delay of [-1, Number.NaN]) expect(() => message.with({ delay })).toThrow(InvalidArgument);
  });

  it("travel to whoever follows", async () => {
    const [a, b] = await Promise.all([connected(gateway), connected(gateway)]);
    const stream = b.follow("options:x");
    await b.flush();
    const sent = new Message("options:x", 1).with({ priority: 7, delay: 60 });
    await a.publish(sent);
    const [message] = await take(stream, 1);
    expect(message).toMatchObject({ priority: 7, requireAck: false, attempt: 1, deliverAt: sent.deliverAt });
    expect(message!.signal).toBeUndefined();
  });

  it("are kept in copies with other options", () => {
    const message = new Message("a:b", 1).with({ priority: 3, requireAck: true }).with({ ttl: 5 });
    expect(message).toMatchObject({ priority: 3, requireAck: true, args: [1] });
  });
});

describe("a message's checksum", () => {
  const content = { messageId: "id-1", contentType: "text/plain", payload: Buffer.from("grüße") };

  it("is the SHA-256 of id, identifier, content type and payload, each after its length", () => {
    const hash = createHash("sha256");
    for (const part of ["id-1", "a:ö", "text/plain", "grüße"]) {
      const length = Buffer.alloc(8);
      length.writeUInt32BE(Buffer.byteLength(part), 4);
      hash.update(length).update(part);
    }
    expect(new Message("a:ö").with(content).checksum).toBe(hash.digest("hex"));
  });

  it("differs when any of them does, even where text moves from one to the next", () => {
    const message = new Message("a:b").with(content);
    expect(message.with({ messageId: "id-2" }).checksum).not.toBe(message.checksum);
    expect(message.with({ priority: 1, ttl: 5, attributes: { a: "b" } }).checksum).toBe(message.checksum);
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (one, other) => {
        const split = message.with({ contentType: one, payload: Buffer.from(other) });
        const joined = message.with({ contentType: one + other, payload: Buffer.alloc(0) });
        expect(split.checksum).not.toBe(joined.checksum);
      }),
    );
  });

  it("is the same on both sides", async () => {
    const [a, b] = await Promise.all([connected(gateway), connected(gateway)]);
    const stream = b.follow("sum:*");
    await b.flush();
    const sent = [new Message("sum:x", "ö", [1]), new Message("sum:y", Buffer.from([0, 255])), new Message("sum:z")];
    for (const each of sent) await a.publish(each);
    const heard = await take(stream, sent.length);
    expect(heard.map(({ checksum }) => checksum)).toEqual(sent.map(({ checksum }) => checksum));
  });
});
