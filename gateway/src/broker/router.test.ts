// Routes are remembered until somebody follows or unfollows, and only so many.
import { expect, test } from "vitest";
import { Turn } from "../broker/turn.js";
import { defaultLimits } from "../limits.js";
import { readIdentifier } from "../model/identifier.js";
import { VirtualClock } from "../model/virtual-clock.js";
import { Asks } from "./asks.js";
import { Follower } from "./follower.js";
import { Router } from "./router.js";
import { Session } from "./session.js";

const router = (routes = 100) => new Router(new Asks({ asks: 10 }), { routes });
const follower = () => new Follower(new Session("", ""), new Turn(), new VirtualClock(), defaultLimits);
const pattern = readIdentifier("a:*");

test("a route is found once and remembered", () => {
  const routes = router();
  expect(routes.route("a:b")).toBe(routes.route("a:b"));
});

test("following and unfollowing change the routes that are remembered", () => {
  const routes = router();
  const listener = follower();
  expect(routes.route("a:b").followers).toEqual([]);
  routes.addFollower(pattern, listener);
  expect(routes.route("a:b").followers).toEqual([listener]);
  routes.removeFollower(pattern, listener);
  expect(routes.route("a:b").followers).toEqual([]);
});

test("a follower with many patterns that meet is reached once", () => {
  const routes = router();
  const listener = follower();
  for (const text of ["a:*", "*:b", "a:b", "*"]) routes.addFollower(readIdentifier(text), listener);
  expect(routes.route("a:b").followers).toEqual([listener]);
});

test("no more routes are remembered than the limit says", () => {
  const routes = router(3);
  const first = routes.route("a:0");
  for (let i = 1; i < 3; i++) routes.route(`a:${i}`);
  expect(routes.route("a:0")).toBe(first);
  routes.route("a:3");
  expect(routes.route("a:0")).not.toBe(first);
});

test.each([
  ["an invalid identifier", "te*t:x", "INVALID_IDENTIFIER"],
  ["an empty identifier", "", "INVALID_IDENTIFIER"],
  ["bytes that are not UTF-8", "a\xff:b", "INVALID_IDENTIFIER"],
  ["the system's own name", "berrymq:lag", "RESERVED_IDENTIFIER"],
])("%s is refused, and that is remembered, too", (_what, key, reason) => {
  const routes = router();
  expect(routes.route(key).refusal?.reason).toBe(reason);
  expect(routes.route(key)).toBe(routes.route(key));
});

test("keys are bytes: an identifier beyond ASCII finds its follower", () => {
  const routes = router();
  const listener = follower();
  routes.addFollower(readIdentifier("köln:straße"), listener);
  expect(routes.route(Buffer.from("köln:straße").toString("latin1")).followers).toEqual([listener]);
});
