import type { ServiceError } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { Bus, InvalidArgument, NotSupported } from "../src/index.js";
import { toError } from "../src/transports/grpc/status.js";
import { readUrl } from "../src/transports/scheme.js";

const schemes = ["grpc", "http", "ws"];

describe("a gateway's address", () => {
  it.each([
    ["localhost", "grpc", "localhost:7201"],
    ["localhost:1", "grpc", "localhost:1"],
    ["[::1]:80", "grpc", "[::1]:80"],
    ["grpc://a.example/", "grpc", "a.example:7201"],
    ["http://127.0.0.1:9", "http", "127.0.0.1:9"],
    ["ws://[::1]", "ws", "[::1]:7201"],
  ])("%s is read", (url, scheme, host) => {
    expect(readUrl(url, schemes)).toEqual({ scheme, host });
  });

  it.each([
    "",
    "ftp://a:1",
    "a:b",
    "a:99999",
    "http://a:1/path",
    "http://",
    "a b",
    "HTTP://a:1",
    "http://u@a:1:2",
    "://a",
    undefined as unknown as string,
  ])("%j is refused, and the forms are named", (url) => {
    expect(() => readUrl(url, schemes)).toThrow(InvalidArgument);
    expect(() => readUrl(url, schemes)).toThrow("host:port, grpc://host:port, http://host:port, ws://host:port");
  });

  it.each(["https://a:1", "wss://a"])("%s is known, and to come", async (url) => {
    const connecting = new Bus().connect(url);
    await expect(connecting).rejects.toThrow(NotSupported);
    await expect(connecting).rejects.toThrow("http://host:port");
  });
});

it("a connection that gRPC could not make is told in the system's words alone", () => {
  const details =
    "No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: (code: 14)";
  const told = (text: string) => toError({ code: 14, details: text } as ServiceError);
  expect(told(details)).toMatchObject({ reason: "UNAVAILABLE", message: "connect ECONNREFUSED 127.0.0.1:1" });
  expect(told("anything else").message).toBe("anything else");
});
