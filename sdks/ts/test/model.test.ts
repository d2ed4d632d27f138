import { afterEach, describe, expect, it } from "vitest";
import {
  Bus,
  cond,
  debugMessages,
  defaultBus,
  following,
  InvalidArgument,
  InvalidIdentifier,
  type Message,
  showNetwork,
  takeErrors,
  unfollow,
} from "../src/index.js";
import { until } from "./support/until.js";

describe("takeErrors", () => {
  it("hands out what handlers threw, once, with message and handler, the newest 100", async () => {
    const bus = new Bus();
    const told: unknown[] = [];
    bus.onError((error) => told.push(error));
    const failing = (message: Message) => {
      throw new Error(`no ${message.args[0]}`);
    };
    bus.followingFunction("a:b", failing);
    for (let n = 1; n <= 102; n++) await bus.publish("a:b", n);
    await bus.publish("berrymq:refused").catch(() => {});
    const errors = takeErrors({ bus });
    expect([errors.length, told.length]).toEqual([100, 102]);
    expect(errors[0]).toMatchObject({ error: new Error("no 3"), message: { id: "a:b" }, handler: failing });
    expect(takeErrors({ bus })).toEqual([]);
  });

  it("names the method that threw, live or fed from a queue", async () => {
    const bus = new Bus();
    bus.onError(() => {});
    const thing = {
      fail(): void {
        throw new Error("no");
      },
    };
    bus.registMethod("a:b", thing, thing.fail);
    bus.registMethod("a:*", thing, thing.fail, { queue: "jobs", queueOptions: { maxAttempts: 1 } });
    await bus.publish("a:b");
    const handlers: unknown[] = [];
    await until(() => handlers.push(...takeErrors({ bus }).map(({ handler }) => handler)) === 2);
    expect(handlers).toEqual([thing.fail, thing.fail]);
    expect(unfollow(thing.fail, { bus })).toBe(2);
    await bus.close();
  });
});

describe("unfollow", () => {
  it("ends the followings of a function, of an object with its methods, and tells how many they were", async () => {
    const bus = new Bus();
    const calls: string[] = [];
    const handler = () => calls.push("function");
    class Thing {
      one(): void {
        calls.push("one");
      }
      two(_message: Message): void {
        calls.push("two");
      }
    }
    const [kept, gone] = [new Thing(), new Thing()];
    for (const thing of [kept, gone]) {
      bus.registMethod("a:b", thing, thing.one);
      bus.registMethod("a:*", thing, thing.two, { queue: "jobs" });
    }
    bus.followingFunction("a:b", handler);
    bus.followingFunction(cond("a:b").and(cond("a:*")), handler);
    expect([unfollow(handler, { bus }), unfollow(gone, { bus }), unfollow(gone, { bus })]).toEqual([2, 2, 0]);
    await bus.publish("a:b");
    await until(() => calls.length === 2);
    expect(calls).toEqual(["one", "two"]);
    await bus.close();
  });

  it("happens at the end of a block, too", async () => {
    const bus = new Bus();
    let calls = 0;
    {
      using following = bus.followingFunction("a:b", () => calls++);
      expect(following.pattern).toBe("a:b");
      await bus.publish("a:b");
    }
    await bus.publish("a:b");
    expect(calls).toBe(1);
  });
});

describe("showNetwork", () => {
  const edgesOf = (diagram: string) => {
    const labels = new Map([...diagram.matchAll(/(n\d+) \[label="(.*?)", shape/g)].map(([, id, label]) => [id, label]));
    const arrows = diagram.matchAll(/(n\d+) -> (n\d+)(?: \[label="(.*)"\])?;/g);
    return [...arrows].map(([, from, to, label]) => `${labels.get(from)} -${label ?? ""}-> ${labels.get(to)}`).sort();
  };
  const build = () => {
    const bus = new Bus("app");
    bus.followingFunction("app:*", function logged() {});
    bus.followingFunction("work:do", function worked() {}, { queue: "jobs" });
    void bus.queue("app:log");
    bus.follow("never:said");
    for (const text of ["app:log", "other:x"]) void bus.publish(text);
    return bus;
  };

  it("shows places, identifiers, followers, queues and streams, sorted", () => {
    const place = "\\S*test/model.test.ts:\\d+";
    const edges = edgesOf(showNetwork({ bus: build() }));
    expect(edges).toEqual([
      expect.stringMatching(`^app:log -app:\\*-> logged ${place}$`),
      "app:log -app:log-> queue app:log",
      expect.stringMatching(`^never:said -never:said-> stream ${place}$`),
      expect.stringMatching(`^queue jobs --> worked ${place}$`),
      expect.stringMatching(`^${place} --> app:log$`),
      expect.stringMatching(`^${place} --> other:x$`),
      "work:do -work:do-> queue jobs",
    ]);
  });

  it("is the same text for equal programs, in both formats", () => {
    expect(showNetwork({ bus: build() })).toBe(showNetwork({ bus: build() }));
    const mermaid = showNetwork({ bus: build(), format: "mermaid" });
    expect(mermaid).toMatch(/^flowchart LR\n/);
    expect(mermaid).toContain('(["app:log"])');
    expect(mermaid).toMatch(/n\d+ -->\|"app:\*"\| n\d+/);
    expect(() => showNetwork({ format: "png" as never })).toThrow(/"dot" or "mermaid", not "png"/);
  });

  it("remembers 1000 identifiers, and the places of each", async () => {
    const bus = new Bus();
    for (let n = 0; n < 1500; n++) void bus.publish(`a:${n}`);
    expect(edgesOf(showNetwork({ bus })).length).toBe(1000);
    const again = new Bus();
    for (let n = 0; n < 20; n++) void again.publish("a:b");
    void again.publish("a:c");
    void again.publish("a:c");
    expect(edgesOf(showNetwork({ bus: again })).length).toBe(3);
  });
});

describe("debugMessages", () => {
  it("tell of what is published, when they are on, and not of themselves", async () => {
    const bus = new Bus("me");
    const told: unknown[] = [];
    bus.followingFunction("berrymq:*", ({ id, kwargs: { identifier, sender } }) => told.push([id, identifier, sender]));
    await bus.publish("a:b");
    debugMessages(true, { bus });
    await bus.publish("a:b");
    debugMessages(false, { bus });
    await bus.publish("a:b");
    expect(told).toEqual([["berrymq:send_message", "a:b", "me"]]);
  });
});

describe("@following", () => {
  const bus = new Bus();
  const heard: string[] = [];
  afterEach(() => void heard.splice(0));

  it("follows with static methods from when the class is made, and with conditions", async () => {
    class Log {
      @following("log:*", { bus })
      static write(message: Message): void {
        heard.push(`static ${message.args[0]}`);
      }
      @following(cond("a:x").and(cond("b:y")), { bus })
      both(one: Message, other: Message): void {
        heard.push(`${one.id} ${other.id}`);
      }
    }
    const log = new Log();
    await bus.publish("log:it", 1);
    await bus.publish("a:x");
    await bus.publish("b:y");
    expect(heard).toEqual(["static 1", "a:x b:y"]);
    expect(unfollow(log, { bus })).toBe(1);
  });

  it("says what it stands before, and that it is a standard decorator", () => {
    const decorate = following("a:b") as unknown as (decorated: unknown, context?: unknown) => unknown;
    expect(() => decorate(undefined, { kind: "field", name: "make" })).toThrow(
      /@following stands before methods; make is a field \(.*model\.test\.ts:\d+\)/,
    );
    expect(() => decorate(class {}, { kind: "class", name: "Shop" })).toThrow(/Shop is a class/);
    expect(() => decorate(() => {})).toThrow(
      "@following stands before methods; a function follows by followingFunction",
    );
    expect(() => decorate({}, "make")).toThrow(/leave "experimentalDecorators" out of tsconfig.json/);
  });

  it("refuses a method that takes more than it is called with, where the class is made", () => {
    expect(() => {
      class Wrong {
        // @ts-expect-error it is called with one message
        @following("a:b", { bus })
        make(_message: Message, _done: () => void): void {}
      }
      return Wrong;
    }).toThrow(/the handler make \(.*model\.test\.ts:\d+\) takes 2 parameters, but is called with one message/);
  });
});

describe("bad use", () => {
  it("a handler that cannot be called is refused where it is registered", () => {
    const loose = defaultBus.followingFunction.bind(defaultBus) as (...all: unknown[]) => unknown;
    const two = (_message: unknown, _next: unknown) => {};
    expect(() => loose("a:b", two)).toThrow(InvalidArgument);
    expect(() => loose("a:b", two)).toThrow(/the handler two \(.*model\.test\.ts:\d+\) takes 2 parameters/);
    expect(() => loose("a:b")).toThrow(/a handler is a function, not undefined \(.*model\.test\.ts:\d+\)/);
    expect(defaultBus.showFollowers()).not.toContain("a:b");
  });

  const partial = "te*t:run";
  it.each<[string, (bus: Bus) => unknown]>([
    ["follow", (bus) => bus.follow(partial)],
    ["followingFunction", (bus) => bus.followingFunction(partial, () => {})],
    ["followingFunction with a queue", (bus) => bus.followingFunction(partial, () => {}, { queue: "q" })],
    ["registMethod", (bus) => bus.registMethod(partial, {}, () => {})],
    ["queue", (bus) => bus.queue(partial)],
    ["queue of several", (bus) => bus.queue(["a:b", partial], { name: "q" })],
    ["publish", (bus) => bus.publish(partial)],
    ["publishMany", (bus) => bus.publishMany([[partial]])],
    ["talk", (bus) => bus.talk("a:b", partial)],
    ["ask", (bus) => bus.ask(partial)],
    ["cond", () => cond(partial)],
  ])("a partial wildcard in %s says what is allowed", async (_, call) => {
    const error = (await (async () => call(new Bus()))().catch((caught) => caught)) as Error;
    expect(error).toBeInstanceOf(InvalidIdentifier);
    expect(error.message).toBe(
      'the name "te*t" of "te*t:run" holds a `*`, which stands for a whole part only, as in `*:action` and `name:*`',
    );
  });

  it.each<[string, (bus: Bus) => unknown]>([
    ["publish", (bus) => bus.publish("a:b")],
    ["twitter", (bus) => bus.twitter("a:b")],
    ["publishMany", (bus) => bus.publishMany([["a:b"]])],
    ["talk", (bus) => bus.talk("a:b", "c:d")],
    ["ask", (bus) => bus.ask("a:b")],
    ["askMany", (bus) => bus.askMany("a:b").next()],
    ["within", (bus) => bus.within(1)],
    ["follow", (bus) => bus.follow("a:b")],
    ["followingFunction", (bus) => bus.followingFunction("a:b", () => {})],
    ["registFunction", (bus) => bus.registFunction("a:b", () => {})],
    ["registMethod", (bus) => bus.registMethod("a:b", {}, () => {})],
    ["durable following", (bus) => bus.followingFunction("a:b", () => {}, { queue: "q" })],
    ["setMultiplicity", (bus) => bus.setMultiplicity(1)],
    ["queue", (bus) => bus.queue("a:b")],
    ["send", (bus) => bus.send("bob")],
    ["mailbox", (bus) => bus.mailbox("bob")],
    ["onRecv", (bus) => bus.onRecv(() => {})],
    ["onDrop", (bus) => bus.onDrop(() => {})],
    ["onConnect", (bus) => bus.onConnect(() => {})],
    ["onDisconnect", (bus) => bus.onDisconnect(() => {})],
    ["flush", (bus) => bus.flush()],
  ])("%s after close says so, and what to do", async (_, call) => {
    const bus = new Bus();
    await bus.close();
    const error = (await (async () => call(bus))().catch((caught) => caught)) as Error;
    expect(error).toMatchObject({ reason: "CLOSED", retryable: false });
    expect(error.message).toBe("the bus is closed; connect it again, or make another with `new Bus()`");
  });

  it("a queue that was closed says so, and what to do", async () => {
    const queue = await new Bus().queue("a:b");
    await queue.close();
    for (const call of [() => queue.get(), () => queue.qsize(), () => queue.purge(), () => queue.consume().next()]) {
      await expect(call()).rejects.toThrow(/the queue a:b.* is closed; open it again with bus.queue/);
    }
  });
});
