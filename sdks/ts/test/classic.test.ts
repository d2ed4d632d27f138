import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  Closed,
  closeConnection,
  connectOneway,
  connectViaQueue,
  debugMessages,
  get,
  getNowait,
  InvalidArgument,
  interconnect,
  NotEncodable,
  sendMessage,
  showNetwork,
  Unavailable,
} from "../src/index.js";
import { connected, quiet } from "./support/buses.js";
import { Gateway } from "./support/gateway.js";
import { take, until } from "./support/until.js";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start();
});
afterAll(() => gateway.stop("SIGKILL"));

describe("the connection styles of berryMQ 0.3", () => {
  it("connectOneway is heard, hears nothing of others, and still works off its queues", async () => {
    const [bus, other] = [quiet("sender"), await connected(gateway)];
    const heard = { live: [] as string[], work: [] as string[] };
    bus.followingFunction("one:*", ({ id, sender }) => heard.live.push(`${id} ${sender}`));
    bus.followingFunction("one:work", ({ id }) => heard.work.push(id), { queue: "one-way" });
    await connectOneway(gateway.url, { bus });
    const there = other.follow("one:*");
    await other.flush();
    expect(await other.publish("one:work")).toMatchObject({ followers: 1, queues: 1 });
    expect(await bus.publish("one:own")).toMatchObject({ followers: 2 });
    expect((await take(there, 2)).map(({ id }) => id)).toEqual(["one:work", "one:own"]);
    await until(() => heard.work.length === 1);
    expect(heard.live).toEqual(["one:own sender"]);
  });

  it("closeConnection leaves the bus as it was before, which may connect again", async () => {
    const [bus, other] = [quiet("own"), await connected(gateway)];
    const heard: string[] = [];
    bus.followingFunction("back:*", ({ sender }) => heard.push(sender));
    bus.followingFunction("back:work", ({ args }) => heard.push(`work ${args[0]}`), { queue: "back" });
    await connectOneway(gateway.url, { bus, ident: "guest" });
    const queue = await bus.queue("back:*");
    await closeConnection({ bus });
    await closeConnection({ bus });
    expect(bus.ident).toBe("own");
    await expect(queue.get()).rejects.toThrow(Closed);
    await bus.publish("back:work", 1);
    await until(() => heard.length === 2);
    expect(heard).toEqual(["own", "work 1"]);
    await interconnect(gateway.url, { bus });
    await other.publish("back:again");
    await until(() => heard.length === 3);
    expect(bus.ident).toBe("own");
  });

  it("connectViaQueue pulls what others publish", async () => {
    const [bus, other] = [quiet(), await connected(gateway)];
    await expect(get({ bus })).rejects.toThrow(/call that first/);
    const queue = await connectViaQueue("pull:*", gateway.url, { bus });
    expect(await getNowait({ bus })).toBeUndefined();
    await other.publish("pull:x", 1);
    expect((await get({ bus, timeout: 5 }))?.args).toEqual([1]);
    await other.publish("pull:x", 2);
    await until(async () => (await queue.qsize()) === 1);
    expect((await getNowait({ bus }))?.args).toEqual([2]);
    expect(await get({ bus, timeout: 0.01 })).toBeUndefined();
    await closeConnection({ bus });
    await expect(get({ bus })).rejects.toThrow(InvalidArgument);
    await expect(connectViaQueue("p*ll:x", gateway.url, { bus })).rejects.toThrow(/whole part only/);
    expect(await bus.publish("pull:x")).toMatchObject({ followers: 0, queues: 0 });
  });

  it("sendMessage goes to others only", async () => {
    const [bus, other] = [quiet(), await connected(gateway)];
    await expect(sendMessage("sent:x", [1], {}, { bus })).rejects.toThrow(Unavailable);
    await bus.connect(gateway.url);
    const [here, there] = [bus.follow("sent:*"), other.follow("sent:*")];
    await other.flush();
    expect(await sendMessage("sent:x", [1], { level: 3 }, { bus })).toMatchObject({ followers: 1 });
    await bus.publish("sent:y");
    expect((await there.next()).value).toMatchObject({ id: "sent:x", args: [1], kwargs: { level: 3 } });
    expect((await here.next()).value?.id).toBe("sent:y");
    await expect(sendMessage("_own:x", [], {}, { bus })).rejects.toThrow(/does not leave this process/);
    await expect(sendMessage("sent:x", [{ when: new Date() }], {}, { bus })).rejects.toThrow(
      /args\[0\]\.when is a Date/,
    );
    await expect(bus.publish("sent:x", { when: [1n, new Map()] })).rejects.toThrow(NotEncodable);
  });

  it("an unreachable gateway leaves the bus as it was", async () => {
    const bus = quiet();
    await expect(connectOneway("127.0.0.1:1", { bus, timeout: 0.2 })).rejects.toThrow(Unavailable);
    const other = await connected(gateway);
    await bus.connect(gateway.url);
    const heard = bus.follow("after:*");
    await bus.flush();
    await other.publish("after:x");
    expect((await heard.next()).value?.id).toBe("after:x");
  });
});

describe("beside a gateway", () => {
  it("debug messages tell what is handed to it, and what came from it", async () => {
    const [bus, other] = [await connected(gateway, { ident: "watched" }), await connected(gateway, { ident: "far" })];
    const told: string[] = [];
    bus.followingFunction("debug:*", () => {});
    bus.followingFunction("berrymq:*", ({ action, kwargs }) =>
      told.push(`${action} ${kwargs.identifier} ${kwargs.sender}`),
    );
    await bus.flush();
    debugMessages(true, { bus });
    await bus.publish("debug:here");
    await bus.publish("_local:here");
    await other.publish("debug:there");
    await until(() => told.some((each) => each.startsWith("receive")));
    expect(told.filter((each) => !each.startsWith("connect") && !each.startsWith("disconnect"))).toEqual([
      "send_message debug:here watched",
      "forward_message debug:here watched",
      "send_message _local:here watched",
      "receive_message debug:there far",
    ]);
  });

  it("message.twitter goes on from what came over the link, and from a queue there", async () => {
    const [bus, other] = [await connected(gateway), await connected(gateway)];
    bus.followingFunction("way:one", (message) => message.twitter("way:two", ...message.args));
    const queue = await bus.queue("way:one");
    const heard = other.follow("way:two");
    await Promise.all([bus.flush(), other.flush()]);
    await other.publish("way:one", 1);
    expect((await heard.next()).value).toMatchObject({ hops: 1, args: [1], sender: bus.ident });
    await (await queue.get({ timeout: 5 }))!.twitter("way:two", 2);
    const delivery = bus.followingFunction("way:work", (message) => message.twitter("way:two", 3), { queue: "way" });
    await bus.flush();
    await other.publish("way:work");
    expect((await take(heard, 2)).map(({ hops, args }) => [hops, args[0]])).toEqual([
      [1, 2],
      [1, 3],
    ]);
    delivery.unfollow();
    expect(showNetwork({ bus })).toContain("queue way:one");
  });

  it("streams, queues, deliveries and buses end with their block, and with a signal", async () => {
    await using bus = await connected(gateway);
    const stop = new AbortController();
    let taken = 0;
    {
      await using queue = await bus.queue("block:*");
      await using stream = bus.follow("block:*");
      await bus.publish("block:x", 1);
      expect((await stream.next()).value?.args).toEqual([1]);
      for await (const delivery of queue.consume({ signal: stop.signal })) {
        taken++;
        await delivery.ack();
        stop.abort();
      }
      await expect(queue.get({ signal: stop.signal })).rejects.toThrow(/abort/i);
    }
    expect(taken).toBe(1);
    expect(await bus.publish("block:x", 2)).toMatchObject({ followers: 0, queues: 0 });
  });
});
