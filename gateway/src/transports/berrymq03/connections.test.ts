// Connections by token, on a clock that the test moves.
import { beforeEach, expect, test } from "vitest";
import { SECOND } from "../../model/clock.js";
import { VirtualClock } from "../../model/virtual-clock.js";
import { Connections } from "./connections.js";

let clock: VirtualClock;
let connections: Connections;
let ended: string[];
beforeEach(() => {
  clock = new VirtualClock();
  connections = new Connections(clock, 3);
  ended = [];
});

function add(token: string, seconds = 10): void {
  connections.add(token, seconds * SECOND, { session: token, end: () => ended.push(token) });
}

const call = (token: string) => connections.use(token, ({ session }) => session);

test("a connection that calls stands for as long as it calls", async () => {
  add("a");
  for (let i = 0; i < 5; i++) {
    await clock.advance(9 * SECOND);
    expect(await call("a")).toBe("a");
  }
  expect(ended).toEqual([]);
});

test("one that is silent for longer ends, is told timeout once, and is unknown from then on", async () => {
  add("a");
  await clock.advance(10 * SECOND);
  expect(ended).toEqual(["a"]);
  expect([await call("a"), await call("a")]).toEqual(["timeout", "invalid token"]);
});

test("a token that never was is unknown", async () => {
  expect(await call("x")).toBe("invalid token");
});

test("who waits for an answer is not silent", async () => {
  add("a");
  let answer: (value: string) => void = () => {};
  const waiting = connections.use("a", () => new Promise<string>((resolve) => (answer = resolve)));
  await clock.advance(100 * SECOND);
  expect(ended).toEqual([]);
  answer("came");
  expect(await waiting).toBe("came");
  await clock.advance(9 * SECOND);
  expect(ended).toEqual([]);
  await clock.advance(11 * SECOND);
  expect(ended).toEqual(["a"]);
});

test("to be heard otherwise counts, too", async () => {
  add("a");
  await clock.advance(9 * SECOND);
  connections.heard("a");
  await clock.advance(9 * SECOND);
  expect(ended).toEqual([]);
});

test("a removed one is ended once and told nothing but that it is unknown", async () => {
  add("a");
  connections.remove("a");
  connections.remove("a");
  await clock.advance(20 * SECOND);
  expect([ended, await call("a")]).toEqual([["a"], "invalid token"]);
});

test("there are so many and no more, until one ends", () => {
  for (const token of ["a", "b", "c"]) add(token);
  expect(() => add("d")).toThrow("3 connections of berryMQ 0.3 stand");
  connections.remove("b");
  add("d");
  expect(connections.size).toBe(3);
});

test("of those that timed out only as many are remembered as may stand", async () => {
  for (const token of ["a", "b", "c", "d"]) {
    add(token, 1);
    await clock.advance(2 * SECOND);
  }
  expect([await call("a"), await call("d")]).toEqual(["invalid token", "timeout"]);
});

test("closing ends all of them", () => {
  for (const token of ["a", "b"]) add(token);
  connections.close();
  expect([ended, connections.size]).toEqual([["a", "b"], 0]);
});
