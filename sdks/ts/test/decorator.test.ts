import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { Bus, following, type Message, publish, showFollowers } from "../src/index.js";
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
