// Whom the gateway calls back: this machine, configured networks, and nobody else, however he writes himself.
import { describe, expect, test } from "vitest";
import { Targets } from "./targets.js";

const refused = expect.objectContaining({ reason: "INVALID_ARGUMENT" });

describe("with nothing configured", () => {
  const targets = new Targets([]);

  test.each(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost"])("%s is this machine", async (host) => {
    expect(await targets.resolve(host, 80)).toMatchObject({ host, port: 80, address: expect.any(String) });
  });

  test.each([
    ["a private network", "10.0.0.1"],
    ["a public address", "8.8.8.8"],
    ["the address of a cloud's own service", "169.254.169.254"],
    ["every address of this machine", "0.0.0.0"],
    ["the same in IPv6", "::"],
    ["IPv4 in the clothes of IPv6", "::ffff:10.0.0.1"],
    ["a link-local address with a scope", "fe80::1%lo"],
    ["an address in IPv6", "2001:db8::1"],
  ])("%s is refused with what to configure", async (_what, host) => {
    await expect(targets.resolve(host, 80)).rejects.toEqual(refused);
    await expect(targets.resolve(host, 80)).rejects.toThrow("interconnectTargets");
  });

  test.each(["", "no such host", "host.invalid", "a".repeat(300), "127.0.0.1/x", "user@127.0.0.1"])(
    "%j is no host",
    async (host) => {
      await expect(targets.resolve(host, 80)).rejects.toEqual(refused);
    },
  );
});

test("configured networks are called, too, and their neighbours are not", async () => {
  const targets = new Targets(["10.1.0.0/16", "fd00::/8"]);
  expect((await targets.resolve("10.1.2.3", 80)).address).toBe("10.1.2.3");
  expect((await targets.resolve("fd12::1", 80)).address).toBe("fd12::1");
  expect((await targets.resolve("127.0.0.1", 80)).address).toBe("127.0.0.1");
  await expect(targets.resolve("10.2.0.1", 80)).rejects.toThrow("10.1.0.0/16");
});
