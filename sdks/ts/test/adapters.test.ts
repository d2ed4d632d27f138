import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DesktopNotifier, FileObserver, IntervalTimer } from "../src/adapters.js";
import { Bus, InvalidArgument, type Message } from "../src/index.js";
import { TestBus } from "../src/testing/index.js";
import { until } from "./support/until.js";

let folder: string;
let bus: Bus;
const heard: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berrymq-adapters-"));
  bus = new Bus();
  heard.length = 0;
  bus.followingFunction("files:*", (message) =>
    heard.push(`${message.action} ${message.args[0].slice(folder.length)}`),
  );
});
afterEach(async () => {
  vi.doUnmock("chokidar");
  await bus.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(["by events", "by looking"])("a FileObserver %s", (how) => {
  it("tells of files that come, change and go, and of no others", async () => {
    if (how === "by looking") {
      vi.doMock("chokidar", () => {
        throw new Error("not installed");
      });
    }
    mkdirSync(join(folder, "deep"));
    writeFileSync(join(folder, "old.txt"), "1");
    await using observer = new FileObserver(join(folder, "**/*.txt"), "files", { bus, interval: 0.02 });
    await observer.ready;
    expect(observer.polls).toBe(how === "by looking");
    writeFileSync(join(folder, "deep/new.txt"), "1");
    writeFileSync(join(folder, "deep/new.log"), "1");
    await until(() => heard.includes("created /deep/new.txt"));
    writeFileSync(join(folder, "old.txt"), "22");
    await until(() => heard.includes("modified /old.txt"));
    renameSync(join(folder, "deep/new.txt"), join(folder, "deep/new.log"));
    await until(() => heard.includes("removed /deep/new.txt"));
    expect(heard).toEqual(["created /deep/new.txt", "modified /old.txt", "removed /deep/new.txt"]);
    await observer.stop();
    await observer.stop();
  });
});

describe("a FileObserver", () => {
  it("finds files in a folder that comes later, and again after it was gone, and past links that lead nowhere", async () => {
    const later = join(folder, "later");
    await using observer = new FileObserver(join(later, "**/*"), "files", { bus, interval: 0.02 });
    await observer.ready;
    mkdirSync(join(later, "deep"), { recursive: true });
    symlinkSync("loop", join(later, "loop"));
    writeFileSync(join(later, "deep/one"), "");
    await until(() => heard.includes("created /later/deep/one"));
    await using second = new FileObserver(join(later, "*"), "again", { bus, interval: 0.02 });
    await second.ready;
    bus.followingFunction("again:created", (message) => heard.push(`again ${message.args[0].slice(folder.length)}`));
    rmSync(later, { recursive: true });
    await until(() => second.polls && heard.includes("removed /later/deep/one"));
    mkdirSync(later);
    writeFileSync(join(later, "two"), "");
    await until(() => heard.includes("created /later/two") && heard.includes("again /later/two"));
    expect(heard).toHaveLength(4);
  });

  it("refuses a name, or a glob, that is none", () => {
    expect(() => new FileObserver("", "files", { bus })).toThrow("glob is empty");
    expect(() => new FileObserver("*", "", { bus })).toThrow('the name "" of ":created" is empty');
    expect(() => new IntervalTimer("berrymq", 1, { bus })).toThrow(
      "berrymq:tick: the name berrymq belongs to the system",
    );
  });

  it("keeps no program running", async () => {
    const { FilePattern } = await import("../src/adapters/file-pattern.js");
    const { watch } = await import("../src/adapters/file-watching.js");
    const before = process.getActiveResourcesInfo().filter((each) => each === "FSEventWrap").length;
    const watching = await watch(new FilePattern(join(folder, "*")), () => {});
    expect(process.getActiveResourcesInfo().filter((each) => each === "FSEventWrap")).toHaveLength(before);
    await watching?.close();
  });
});

it("a glob finds in its folder, and in folders of it where it says so", async () => {
  const { FilePattern } = await import("../src/adapters/file-pattern.js");
  for (const path of ["a.txt", "b.md", "c/a.txt", "c/d/a.txt"]) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), "");
  }
  const found = (glob: string) =>
    [...new FilePattern(`${folder}/${glob}`).find().keys()].map((path) => path.slice(folder.length + 1)).sort();
  expect(found("*.txt")).toEqual(["a.txt"]);
  expect(found("?.md")).toEqual(["b.md"]);
  expect(found("c/a.txt")).toEqual(["c/a.txt"]);
  expect(found("*/a.txt")).toEqual(["c/a.txt"]);
  expect(found("**/a.txt")).toEqual(["a.txt", "c/a.txt", "c/d/a.txt"]);
  expect(found("c/**")).toEqual(["c/a.txt", "c/d/a.txt"]);
  expect(found("none/*.txt")).toEqual([]);
});

describe("in virtual time", () => {
  it("a timer ticks, and files are looked at, as time is moved", async () => {
    await using mq = await TestBus.open({ gateway: "" });
    const told: string[] = [];
    mq.bus.followingFunction("*", ({ id, args }) => told.push(`${id} ${String(args[0]).replace(folder, "")}`));
    using _timer = new IntervalTimer("beat", 10, { bus: mq.bus });
    await using observer = new FileObserver(join(folder, "*"), "files", { bus: mq.bus, interval: 15 });
    await observer.ready;
    writeFileSync(join(folder, "new"), "");
    await mq.advance(31);
    expect(told).toEqual(["beat:tick 1", "files:created /new", "beat:tick 2", "beat:tick 3"]);
  });
});

describe("an IntervalTimer", () => {
  it("counts its ticks from 1, and stops", async () => {
    const ticks: unknown[] = [];
    bus.followingFunction("beat:tick", (message) => ticks.push(message.args[0]));
    {
      using timer = new IntervalTimer("beat", 0.005, { bus });
      await until(() => ticks.length === 3);
      timer.stop();
    }
    expect(ticks).toEqual([1, 2, 3]);
  });

  it("ends with its bus, silently", async () => {
    const own = new Bus();
    const errors: unknown[] = [];
    own.onError((error) => errors.push(error));
    const timers = vi.spyOn(own.clock, "after");
    new IntervalTimer("beat", 1000, { bus: own });
    await own.close();
    timers.mock.calls[0]![1]();
    await new Promise(setImmediate);
    expect([errors, timers.mock.calls.length]).toEqual([[], 1]);
  });

  it("refuses an interval that is none", () => {
    expect(() => new IntervalTimer("beat", 0, { bus })).toThrow(InvalidArgument);
    expect(() => new FileObserver("*", "files", { bus, interval: -1 })).toThrow("interval is seconds above 0, not -1");
  });
});

describe("a DesktopNotifier", () => {
  it("has the desktop's own program show title and text, as it formats them", async () => {
    const shown = join(folder, "shown");
    for (const name of ["notify-send", "osascript"]) {
      writeFileSync(
        join(folder, name),
        `#!/bin/sh\nfor each in "$@"; do printf '%s\\n' "$each"; done > ${shown}.part\nmv ${shown}.part ${shown}\n`,
      );
      chmodSync(join(folder, name), 0o755);
    }
    vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
    class Shouting extends DesktopNotifier {
      override format(message: Message) {
        return { title: message.id.toUpperCase(), text: `-${message.args[0]}` };
      }
    }
    using notifier = new Shouting("door:*", { bus });
    await bus.publish("door:open", "front");
    await until(() => {
      try {
        return readFileSync(shown, "utf8").endsWith("DOOR:OPEN\n-front\n");
      } catch {
        return false;
      }
    });
    notifier.stop();
    expect(bus.showFollowers()).toEqual(["files:*"]);
    vi.unstubAllEnvs();
  });

  it("tells onError where nothing can be shown", async () => {
    const told: string[] = [];
    bus.onError((error) => told.push((error as Error).message));
    vi.stubEnv("PATH", folder);
    new DesktopNotifier("door:*", { bus });
    await bus.publish("door:open", "front");
    await until(() => told.length > 0);
    vi.unstubAllEnvs();
    expect(told[0]).toMatch(/could not show a notification.*is it installed/);
  });
});
