import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Unavailable } from "../src/index.js";
import { connected, quiet } from "./support/buses.js";
import { Gateway } from "./support/gateway.js";
import { until } from "./support/until.js";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start();
});
afterAll(() => gateway.stop("SIGKILL"));

const at = (ident: string) => connected(gateway, { ident });

describe("a mailbox", () => {
  it("brings what was sent before its owner connected, and after, in order, with the sender's ident", async () => {
    const bob = await at("bob");
    expect(await bob.send("ann", 1)).toMatchObject({ followers: 0, queues: 1 });
    await bob.send("ann", 2);
    const ann = quiet("ann");
    const got: unknown[] = [];
    ann.onRecv((ident, message) => void got.push([ident, ...message.args]));
    await ann.connect(gateway.url);
    await until(() => got.length === 2);
    for (const n of [3, 4, 5]) await bob.send("ann", n);
    await until(() => got.length === 5);
    expect(got).toEqual([1, 2, 3, 4, 5].map((n) => ["bob", n]));
  });

  it("may be of any ident, and may be one's own", async () => {
    const odd = await at("a:b@c*d%e f");
    const got: string[] = [];
    odd.onRecv((ident, { args }) => void got.push(`${ident} ${args[0]}`));
    await odd.send(odd.ident, "self");
    await odd.mailbox(odd.ident, { persistent: false }).send("transient");
    await until(() => got.length === 2);
    expect(got.sort()).toEqual([`${odd.ident} self`, `${odd.ident} transient`]);
  });

  it("brings again what a callback threw at, and tells every callback", async () => {
    const [cat, dog] = [await at("cat"), await at("dog")];
    const attempts: number[] = [];
    let others = 0;
    const throwing = dog.onRecv((_, { attempt }) => {
      attempts.push(attempt);
      if (attempts.length === 1) throw new Error("not now");
    });
    dog.onRecv(() => others++);
    await cat.send("dog", "fetch");
    await until(() => attempts.length === 2 && others === 2);
    expect(attempts).toEqual([1, 2]);
    throwing.remove();
    await cat.send("dog", "sit");
    await until(() => others === 3);
    expect(attempts).toHaveLength(2);
  });

  it("cannot be sent to before the bus was connected", async () => {
    await expect(quiet().send("ann", 1)).rejects.toThrow(Unavailable);
    const later = quiet();
    expect(() => later.mailbox("ann", { ttl: 5 })).not.toThrow();
  });

  it("drops what nobody read in its time, and tells its sender only", async () => {
    const [eve, fay] = [await at("eve"), await at("fay")];
    const told: unknown[] = [];
    let elsewhere = 0;
    eve.onDrop((ident, messageId) => told.push([ident, messageId]));
    fay.onDrop(() => elsewhere++);
    await Promise.all([eve.flush(), fay.flush()]);
    const { messageId } = await eve.mailbox("nobody:there", { ttl: 0.2 }).send("hurry");
    await until(() => told.length === 1);
    expect(told).toEqual([["nobody:there", messageId]]);
    expect(elsewhere).toBe(0);
  });

  it("tells of programs that connect and that go", async () => {
    const watcher = await at("watcher");
    const seen: string[] = [];
    const coming = watcher.onConnect((ident) => seen.push(`+${ident}`));
    watcher.onDisconnect((ident) => seen.push(`-${ident}`));
    await watcher.flush();
    const gil = await at("gil");
    await gil.close();
    await until(() => seen.includes("-gil"));
    expect(seen.filter((each) => each.endsWith("gil"))).toEqual(["+gil", "-gil"]);
    coming.remove();
  });

  it("goes to the program that took the ident last; the other goes on without it", async () => {
    const [old, sender] = [await at("twin"), await at("sender")];
    const got: string[] = [];
    old.onRecv(() => void got.push("old"));
    await sender.send("twin", 1);
    await until(() => got.length === 1);
    let over = 0;
    old.onError((error) => {
      if ((error as { reason?: string }).reason === "TAKEN_OVER") over++;
    });
    const young = await at("twin");
    young.onRecv(() => void got.push("young"));
    await until(() => over > 0);
    await sender.send("twin", 2);
    await until(() => got.length === 2);
    expect(got).toEqual(["old", "young"]);
    expect(await old.publish("still:here")).toMatchObject({ followers: 0 });
  });

  it("keeps a persistent message over a gateway that was killed, and loses a transient one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "berrymq-mailbox-"));
    try {
      await using first = await Gateway.start(0, folder);
      const hal = await connected(first, { ident: "hal" });
      await hal.send("ida", "kept");
      await hal.mailbox("ida", { persistent: false }).send("lost");
      await first.stop("SIGKILL");
      await using second = await Gateway.start(first.port, folder);
      const ida = quiet("ida");
      const got: unknown[] = [];
      ida.onRecv((_, { args }) => void got.push(args[0]));
      await ida.connect(second.url);
      await hal.send("ida", "after");
      await until(() => got.includes("after"));
      expect(got).toEqual(["kept", "after"]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("is read again after a lost connection", async () => {
    await using first = await Gateway.start();
    const [jan, kim] = [await connected(first, { ident: "jan" }), await connected(first, { ident: "kim" })];
    const got: unknown[] = [];
    kim.onRecv((_, { args }) => void got.push(args[0]));
    await jan.send("kim", "before");
    await until(() => got.length === 1);
    await first.stop("SIGKILL");
    const meanwhile = jan.send("kim", "meanwhile");
    await using _second = await Gateway.start(first.port);
    await meanwhile;
    await until(() => got.length === 2);
    expect(got).toEqual(["before", "meanwhile"]);
  });
});
