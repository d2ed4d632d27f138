// Refusals: a closed list, one converter.
import { expect, test } from "vitest";
import { Reason } from "../gen/berrymq/v1/error.js";
import { Refusal, reasonNames, toRefusal } from "./errors.js";

test.each(reasonNames)("%s is a reason of the contract", (reason) => {
  const error = new Refusal(reason, "why").toError();
  expect(Reason[error.reason]).toBe(`REASON_${reason}`);
  expect(error.message).toBe("why");
});

test("a refusal stays what it is; anything else is a fault whose cause only the log learns", () => {
  const logged: unknown[] = [];
  const refusal = new Refusal("QUEUE_FULL", "full");
  expect(toRefusal(refusal, (error) => logged.push(error))).toBe(refusal);
  const fault = toRefusal(new Error("secret"), (error) => logged.push(error));
  expect([fault.reason, fault.retryable]).toEqual(["INTERNAL", false]);
  expect(fault.message).not.toContain("secret");
  expect(logged).toHaveLength(1);
});

test("a long message is cut, so that it fits in the headers that carry it", () => {
  const { message } = new Refusal("INVALID_ARGUMENT", `x: ${"😀".repeat(100_000)}`);
  expect(Buffer.byteLength(message)).toBeLessThan(4096);
  expect(encodeURI(message)).toMatch(/^x:%20/);
});
