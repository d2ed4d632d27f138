import { expect, it } from "vitest";
import { Reason } from "../src/gen/berrymq/v1/error.js";
import * as berrymq from "../src/index.js";

it("the public surface is exactly this", () => {
  expect(Object.keys(berrymq).sort()).toMatchInlineSnapshot(`
    [
      "BacklogFull",
      "BatchTooLarge",
      "BerryMQError",
      "Bus",
      "Closed",
      "Condition",
      "Delivery",
      "Draining",
      "HandlerFailed",
      "HopLimit",
      "Identifier",
      "Internal",
      "InvalidArgument",
      "InvalidIdentifier",
      "LeaseLost",
      "LimitReached",
      "MalformedMessage",
      "Message",
      "MessageTooLarge",
      "NoFollowers",
      "NotEncodable",
      "NotSupported",
      "Pipeline",
      "Queue",
      "QueueExists",
      "QueueFull",
      "QueueNotFound",
      "Reject",
      "Release",
      "ReservedIdentifier",
      "Retry",
      "StorageFailed",
      "TakenOver",
      "Timeout",
      "Unavailable",
      "ask",
      "askMany",
      "autoTwitter",
      "close",
      "closeConnection",
      "cond",
      "connect",
      "connectOneway",
      "connectViaQueue",
      "debugMessages",
      "defaultBus",
      "flush",
      "follow",
      "following",
      "followingFunction",
      "get",
      "getNowait",
      "interconnect",
      "kwargs",
      "mailbox",
      "matches",
      "onConnect",
      "onDisconnect",
      "onDrop",
      "onError",
      "onRecv",
      "pipeline",
      "publish",
      "publishMany",
      "queue",
      "registFunction",
      "registMethod",
      "run",
      "send",
      "sendMessage",
      "setMultiplicity",
      "showFollowers",
      "showNetwork",
      "takeErrors",
      "talk",
      "twitter",
      "twitterException",
      "unfollow",
      "within",
    ]
  `);
});

it("every error of the package has a reason of its own and is a BerryMQError", () => {
  const { BerryMQError, HandlerFailed, ...rest } = berrymq;
  const errors = Object.values(rest).filter(
    (each) => (each as { prototype?: unknown }).prototype instanceof BerryMQError,
  );
  const made = errors.map((each) => new (each as typeof berrymq.Timeout)("why"));
  const reasons = Object.keys(Reason).filter((each) => each.startsWith("REASON_") && each !== "REASON_UNSPECIFIED");
  expect(["HANDLER_FAILED", ...made.map(({ reason }) => reason)].sort()).toEqual(
    reasons.map((each) => each.replace("REASON_", "")).sort(),
  );
  expect(new HandlerFailed("TypeError", "no")).toMatchObject({ reason: "HANDLER_FAILED", retryable: false });
});
