// What `new Bus<Events>()` has checked when it is compiled: `tsc -p sdks/ts/test` is the test of most of this file.
import { expect, expectTypeOf, it } from "vitest";
import {
  Bus,
  cond,
  connect,
  following,
  type Handler,
  kwargs,
  Message,
  type MessageOf,
  type Queue,
} from "../src/index.js";

interface Events {
  "order:new": { args: [id: number]; kwargs: { total: number; note?: string }; result: string };
  "order:paid": { args: [id: number] };
  "stock:low": { kwargs: { left?: number } };
  "shop:eu:open": { args: [at: string] };
  "audit@backup:order": { args: [id: number] };
  "clock:tick": Record<never, never>;
  "picture:added": { args: [path: string, size?: number, alt?: string]; kwargs: { by: string } };
}

const bus = new Bus<Events>();

/** Options that the caller does not know either: they may be undefined, however strict the compiler is. */
async function handedOn(some?: { signal?: AbortSignal; n?: number; name?: string; yes?: boolean }): Promise<void> {
  const { signal, n, name, yes } = some ?? {};
  const queue = await bus.queue("order:new", { name, shared: yes, maxMessages: n, ttl: n });
  await queue.get({ signal, timeout: n, block: yes });
  for await (const _ of queue.consume({ signal, credit: n })) break;
  bus.follow("order:new", { signal, maxMessages: n });
  bus.followingFunction("order:paid", () => {}, { guard: undefined, queue: name, concurrency: n });
  await connect("localhost:7201", { ident: name, timeout: n });
  bus.mailbox("bob", { ttl: n, persistent: yes });
  new Message("order:paid", 1).with({ ttl: n, messageId: name, requireAck: yes });
  cond("order:paid", { guard: undefined });
}

/** Compiled, and never called. */
async function checked(): Promise<void> {
  await bus.publish("order:new", 1, kwargs({ total: 3 }));
  await bus.twitter("order:new", 1, kwargs({ total: 3, note: "gift" }));
  await bus.publish("order:paid", 1);
  await bus.publish("stock:low");
  await bus.publish("stock:low", kwargs({ left: 2 }));
  await bus.publish("clock:tick");
  await bus.publish("audit@backup:order", 4);
  await bus.publishMany([["order:paid", 1], ["shop:eu:open", "8:00"], new Message("order:paid", 2).with({ ttl: 5 })]);
  await bus.publish("picture:added", "cat.png", kwargs({ by: "ann" }));
  await bus.publish("picture:added", "cat.png", 64, kwargs({ by: "ann" }));
  await bus.publishMany([["picture:added", "cat.png", 64, "a cat", kwargs({ by: "ann" })]]);
  // @ts-expect-error kwargs are missing
  await bus.publish("picture:added", "cat.png", 64);
  // @ts-expect-error the first argument is missing
  await bus.publish("picture:added", kwargs({ by: "ann" }));
  // @ts-expect-error no such identifier
  await bus.publish("ordr:new", 1, kwargs({ total: 3 }));
  // @ts-expect-error another payload
  await bus.publish("order:new", "1", kwargs({ total: 3 }));
  // @ts-expect-error kwargs are missing
  await bus.publish("order:new", 1);
  // @ts-expect-error one of them is of another type
  await bus.publish("order:new", 1, kwargs({ total: "3" }));
  // @ts-expect-error there are none
  await bus.publish("clock:tick", 1);
  // @ts-expect-error what is published is no pattern
  await bus.publish("order:*", 1);
  // @ts-expect-error another payload
  await bus.publishMany([["order:paid", "1"]]);

  expectTypeOf(await bus.ask("order:new", 1, kwargs({ total: 3 }))).toEqualTypeOf<string>();
  expectTypeOf(await bus.within(2).ask("order:paid", 1)).toEqualTypeOf<unknown>();
  for await (const answer of bus.askMany("order:new", 1, kwargs({ total: 3 }))) {
    expectTypeOf(answer).toEqualTypeOf<string>();
  }
  await bus.talk("order:new", "order:paid", 1, kwargs({ total: 3 }));
  // @ts-expect-error no such identifier to answer to
  await bus.talk("order:new", "order:paidd", 1, kwargs({ total: 3 }));

  for await (const message of bus.follow("order:*")) {
    expectTypeOf(message.id).toEqualTypeOf<"order:new" | "order:paid">();
    if (message.id === "order:new") expectTypeOf(message.kwargs.total).toEqualTypeOf<number>();
    else expectTypeOf(message.args).toEqualTypeOf<[id: number]>();
  }
  bus.follow("order:new", "shop:eu:open", { maxMessages: 5 });
  // @ts-expect-error it meets nothing
  bus.follow("orders:*");
  expectTypeOf(bus.queue("stock:low")).resolves.toEqualTypeOf<Queue<MessageOf<Events, "stock:low">>>();
  const message = await (await bus.queue(["order:new", "order:paid"], { name: "orders" })).get();
  if (message?.id === "order:new") expectTypeOf(message.args[0]).toEqualTypeOf<number>();
  expectTypeOf(await connect<Events>("localhost:7201")).toEqualTypeOf<Bus<Events>>();
}

function handlers(): void {
  bus.followingFunction("order:new", ({ args, kwargs }) => `${args[0]} ${kwargs.total}`);
  bus.followingFunction("order:new", async () => "later", { guard: ({ kwargs }) => kwargs.total > 3 });
  // @ts-expect-error whoever asks gets a string
  bus.followingFunction("order:new", () => 1);
  bus.followingFunction("order:paid", () => 1);
  // @ts-expect-error it meets nothing
  bus.followingFunction("order:neww", () => "");
  bus.followingFunction("*:open", (message) => expectTypeOf(message.args).toEqualTypeOf<[at: string]>());
  bus.followingFunction("shop:eu", (message) => expectTypeOf(message.id).toEqualTypeOf<"shop:eu:open">());
  bus.followingFunction("*@backup:order", ({ id }) => expectTypeOf(id).toEqualTypeOf<"audit@backup:order">());
  bus.followingFunction("*", ({ id }) => expectTypeOf(id).toEqualTypeOf<Exclude<keyof Events, "audit@backup:order">>());
  bus.followingFunction("berrymq:lag", ({ kwargs }) => expectTypeOf(kwargs.dropped).toEqualTypeOf<number>());
  bus.followingFunction(cond("order:new").and(cond("stock:low")), (order, stock) => {
    expectTypeOf(order.kwargs.total).toEqualTypeOf<number>();
    expectTypeOf(stock.kwargs.left).toEqualTypeOf<number | undefined>();
  });
  // @ts-expect-error one of its terms meets nothing
  bus.followingFunction(cond("order:new").and(cond("stok:low")), () => {});
}

class Shop {
  readonly sold: number[] = [];

  @following("order:new", { bus })
  sell(message: MessageOf<Events, "order:new">): string {
    this.sold.push(message.args[0]);
    return "sold";
  }

  @following("order:*", { bus })
  any(message: MessageOf<Events, "order:*">): string {
    return message.id;
  }

  // @ts-expect-error it gets another message
  @following("order:paid", { bus })
  paid(_message: MessageOf<Events, "stock:low">): void {}
}

// @ts-expect-error an argument list is a tuple
type Wrong = Bus<{ "a:b": { args: number } }>;

it("typed identifiers and payloads are checked where they are compiled, and work", async () => {
  expectTypeOf(checked).returns.toEqualTypeOf<Promise<void>>();
  expectTypeOf(handedOn).returns.toEqualTypeOf<Promise<void>>();
  expectTypeOf(handlers).returns.toEqualTypeOf<void>();
  expectTypeOf<Wrong>().not.toBeAny();
  const shop = new Shop();
  expect(await bus.ask("order:new", 7, kwargs({ total: 1 }))).toBe("sold");
  expect(shop.sold).toEqual([7]);
});

it("a bus of no known identifiers takes everything, as before", async () => {
  const loose = new Bus();
  loose.followingFunction("any:thing", (message) => {
    expectTypeOf(message).toEqualTypeOf<Message>();
    return message.args[0].length + message.kwargs.whatever;
  });
  expectTypeOf(loose.ask("any:thing", "abc", kwargs({ whatever: 1 }))).toEqualTypeOf<Promise<unknown>>();
  expect(await loose.ask("any:thing", "abc", kwargs({ whatever: 1 }))).toBe(4);
  const identifier = "any:thing" as string | Message;
  expect(await loose.publish(identifier, ..."abc")).toMatchObject({ followers: 1 });
});

it("a handler that is declared beforehand knows what it gets", () => {
  const loose: Handler = (message) => expectTypeOf(message).toEqualTypeOf<Message>();
  const typed: Handler<MessageOf<Events, "stock:low">> = ({ kwargs }) => kwargs.left;
  expect(new Bus().followingFunction("any:thing", loose).pattern).toBe("any:thing");
  expect(bus.followingFunction("stock:low", typed).pattern).toBe("stock:low");
  expect(bus.followingFunction(cond("order:new").and(cond("stock:low")), () => {}).pattern).toBe(
    "order:new & stock:low",
  );
});

it("a queue that is opened by its name alone brings whatever there is, told apart by id", async () => {
  const opened = await new Bus<Events>().queue({ name: "paid", shared: true });
  const message = await opened.getNowait();
  if (message?.id === "order:paid") expectTypeOf(message.args[0]).toEqualTypeOf<number>();
  // @ts-expect-error a copy of one's own needs a pattern
  await expect(new Bus<Events>().queue({ name: "paid" })).rejects.toThrow("without a pattern");
});
