import { describe, expect, it } from "vitest";
import { Bus, InvalidArgument, NotSupported } from "../src/index.js";
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
