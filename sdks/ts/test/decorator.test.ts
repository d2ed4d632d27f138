import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { Bus, following, type Message, publish, showFollowers, unfollow } from "../src/index.js";
import { until } from "./support/until.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const heard: string[] = [];

class Thumbnails {
  constructor(private readonly label: string) {}

  @following("image:added", { guard: (message) => message.kwargs.size !== 0 })
  make(message: Message): void {
    heard.push(`${this.label} ${message.args[0]}`);
  }
}

describe("a decorated method", () => {
  afterEach(() => void heard.splice(0));

  it("follows for each instance, from when it is made", () => {
    void publish("image:added", "before");
    const kept = [new Thumbnails("one"), new Thumbnails("two")];
    void publish("image:added", "cat.png");
    expect(heard).toEqual(["one cat.png", "two cat.png"]);
    expect(kept).toHaveLength(2);
  });

  it("follows no more once its object is gone", async () => {
    (() => void new Thumbnails("gone"))();
    await until(() => {
      collect();
      return !showFollowers().includes("image:added");
    });
    void publish("image:added", "cat.png");
    expect(heard).toEqual([]);
  });
});

describe("a decorated method of a class with subclasses", () => {
  const bus = new Bus();
  const calls: string[] = [];
  afterEach(() => void calls.splice(0));

  class Base {
    @following("sub:called", { bus })
    hear(_: Message): void {
      calls.push("base");
    }

    @following("sub:hidden", { bus })
    #hidden(_: Message): void {
      calls.push("hidden of base");
    }

    get hidden() {
      return this.#hidden;
    }
  }

  it("is the one that overrides, which may call the one above", () => {
    class Sub extends Base {
      override hear(message: Message): void {
        super.hear(message);
        calls.push("sub");
      }
    }
    const kept = [new Sub(), new Base()];
    void bus.publish("sub:called");
    void bus.publish("sub:hidden");
    expect(calls).toEqual(["base", "sub", "base", "hidden of base", "hidden of base"]);
    for (const each of kept) unfollow(each, { bus });
  });

  it("is called once when the override is decorated, too, whose guard decides; other patterns are added", () => {
    class Sub extends Base {
      @following("sub:called", { bus, guard: (message) => message.args[0] === 1 })
      @following("sub:more", { bus })
      override hear(message: Message): void {
        calls.push(`${message.id} ${message.args[0]}`);
      }
    }
    const sub = new Sub();
    void bus.publish("sub:called", 1);
    void bus.publish("sub:called", 2);
    void bus.publish("sub:more", 3);
    expect(calls).toEqual(["sub:called 1", "sub:more 3"]);
    expect(unfollow(sub, { bus })).toBe(3);
    expect(bus.showFollowers()).toEqual([]);
  });

  it("is what another decorator made of it, whichever stands first", () => {
    const told = (f: (message: Message) => void) => (message: Message) => {
      calls.push("told");
      f(message);
    };
    class Told {
      @following("told:first", { bus })
      @told
      first(_: Message): void {}

      @told
      @following("told:last", { bus })
      last(_: Message): void {}
    }
    const kept = new Told();
    void bus.publish("told:first");
    void bus.publish("told:last");
    expect(calls).toEqual(["told", "told"]);
    unfollow(kept, { bus });
  });
});

describe("a registered method", () => {
  it("is called with its object, which is held weakly", async () => {
    const bus = new Bus();
    const calls: string[] = [];
    class Greeter {
      name = "Ada";
      greet(message: Message): void {
        calls.push(`${message.args[0]} ${this.name}`);
      }
    }
    let greeter: Greeter | undefined = new Greeter();
    bus.registMethod("say:hello", greeter, greeter.greet);
    void bus.publish("say:hello", "Hello");
    expect(calls).toEqual(["Hello Ada"]);
    greeter = undefined;
    await until(() => {
      collect();
      return bus.showFollowers().length === 0;
    });
  });
});
