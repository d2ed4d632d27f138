// A program of berryMQ 0.3 and one on today's SDK speak with each other through one gateway, in all three styles of 2009.
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Background } from "../support/background.ts";
import { Gateway } from "../support/gateway.ts";
import { interpreters, root } from "../support/programs.ts";

let gateway: Gateway;
let old: Background;
let today: Background;
const running: Background[] = [];
beforeEach(async () => {
  gateway = await Gateway.start();
  old = program("a_program_of_2009", gateway.url);
  today = program("a_program_of_today", "old:*");
  await Promise.all([old.prints("ready"), today.prints("ready")]);
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.kill();
  expect(await gateway.stop()).toBe(0);
});

function program(name: string, ...parameters: string[]): Background {
  const path = join(root, `test/support/programs/${name}.py`);
  const started = new Background([...interpreters.python, path, ...parameters], { BERRYMQ_URL: gateway.url });
  running.push(started);
  return started;
}

/** Tells a program, and waits for what it prints. */
async function tell(who: Background, what: unknown[], printed: string): Promise<void> {
  const times = who.lines.filter((line) => line === printed).length + 1;
  who.tell(JSON.stringify(what));
  await who.prints(printed, times);
}

const publish = (identifier: string, args: unknown[] = [], kwargs = {}) =>
  tell(today, [identifier, args, kwargs], `published ${identifier}`);

test("oneway: what the old program sends, today's follower hears", async () => {
  await tell(old, ["oneway"], 'oneway "connected"');
  await tell(old, ["send", "old:said", [1, "grün", null, [2.5]], { level: 3 }], 'send "ok"');
  await today.prints('heard old:said [1, "grün", null, [2.5]] {"level": 3}');
});

test("via queue: what today's program publishes, the old program pulls, in order", async () => {
  await tell(old, ["queue", "new:*"], 'queue "connected"');
  old.tell(JSON.stringify(["get"]));
  await publish("new:first", ["wörter", 2], { big: 4_503_599_627_370_497 });
  await old.prints('get ["new:first", ["wörter", 2], {"big": 4503599627370497}]');
  await publish("new:second");
  await publish("other:third");
  await tell(old, ["get_nowait"], 'get_nowait ["new:second", [], {}]');
  await tell(old, ["get_nowait"], 'get_nowait "error Empty"');
  await tell(old, ["get", 0.05], 'get "error Empty"');
});

test("interconnect: the old program is called back, is heard, and hears nothing twice", async () => {
  await tell(old, ["interconnect"], 'interconnect "connected"');
  await publish("new:first", [1]);
  await old.prints('called "new:first" [1] {}');
  await tell(old, ["send", "old:said", ["back"], {}], 'send "ok"');
  await today.prints('heard old:said ["back"] {}');
  await publish("new:second", [2]);
  await old.prints('called "new:second" [2] {}');
  expect(old.lines.filter((line) => line.startsWith("called"))).toHaveLength(2);
  expect(today.lines.filter((line) => line.startsWith("heard"))).toHaveLength(1);
});

test("two old programs and one of today hear each other", async () => {
  const second = program("a_program_of_2009", gateway.url);
  await second.prints("ready");
  for (const each of [old, second]) await tell(each, ["interconnect"], 'interconnect "connected"');
  await tell(old, ["send", "old:said", ["all"], {}], 'send "ok"');
  await Promise.all([second.prints('called "old:said" ["all"] {}'), today.prints('heard old:said ["all"] {}')]);
  await publish("new:said");
  await Promise.all([old, second].map((each) => each.prints('called "new:said" [] {}')));
  expect(old.lines.filter((line) => line.includes("old:said"))).toEqual([]);
});

test("a closed connection is unknown, and its program is called no more", async () => {
  await tell(old, ["interconnect"], 'interconnect "connected"');
  await tell(old, ["close"], 'close "ok"');
  await publish("new:said");
  await tell(old, ["send", "old:said", [], {}], 'send "invalid token"');
  await tell(old, ["queue", "new:*"], 'queue "connected"');
  await publish("new:last");
  await tell(old, ["get"], 'get ["new:last", [], {}]');
  await tell(old, ["close"], 'close "ok"');
  await tell(old, ["get_nowait"], 'get_nowait "invalid token"');
  expect(old.lines.filter((line) => line.startsWith("called"))).toEqual([]);
});

test("a silent connection is told timeout once", async () => {
  await tell(old, ["queue", "new:*", 0.001], 'queue "connected"');
  await tell(old, ["get_nowait"], 'get_nowait "timeout"');
  await tell(old, ["get_nowait"], 'get_nowait "invalid token"');
});
