// How the gateway is told what to be: precedence, and bad values that are named.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.js";
import { defaultLimits } from "./limits.js";

const folder = mkdtempSync(join(tmpdir(), "berrymq-config-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function file(content: unknown): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

test("nothing said is the defaults", () => {
  expect(readConfig({}, undefined, {})).toMatchObject({ host: "127.0.0.1", port: 7201, limits: defaultLimits });
});

test("an option goes before the environment, that before the file, that before the default", () => {
  const path = file({ port: 1, host: "localhost", logLevel: "warn" });
  const env = { BERRYMQ_PORT: "2", BERRYMQ_LOG_LEVEL: "error" };
  const config = readConfig({ port: "3", host: undefined }, path, env);
  expect(config).toMatchObject({ port: 3, logLevel: "error", host: "localhost", data: "berrymq-data" });
});

test("the environment names the file", () => {
  expect(readConfig({}, undefined, { BERRYMQ_CONFIG: file({ port: 9 }) }).port).toBe(9);
});

test("origins are a list in the file, and a list with commas elsewhere", () => {
  const pages = ["https://shop.example", "http://localhost:3000"];
  expect(readConfig({}, file({ origins: pages }), {}).origins).toEqual(pages);
  expect(readConfig({}, undefined, { BERRYMQ_ORIGINS: pages.join(", ") }).origins).toEqual(pages);
});

test("networks to call back are a list in the file, and a list with commas elsewhere", () => {
  const networks = ["10.1.0.0/16", "fd00::/8"];
  expect(readConfig({}, file({ interconnectTargets: networks }), {}).interconnectTargets).toEqual(networks);
  const env = { BERRYMQ_INTERCONNECT_TARGETS: networks.join(", ") };
  expect(readConfig({}, undefined, env).interconnectTargets).toEqual(networks);
});

test("limits come from the file, the others keep their defaults", () => {
  const { limits } = readConfig({}, file({ limits: { queues: 5 } }), {});
  expect(limits).toEqual({ ...defaultLimits, queues: 5 });
});

describe("bad values are refused by name", () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ["a port beyond 65535", { port: "70000" }, ["port", "70000"]],
    ["a port below 0", { port: "-1" }, ["port", "-1"]],
    ["a port that is no number", { port: "http" }, ["port", "http"]],
    ["a port of nothing", { port: "" }, ["port", '""']],
    ["a port in another notation", { port: "0x10" }, ["port", "0x10"]],
    ["an engine that there is not", { engine: "oracle" }, ["engine", "oracle"]],
    ["a log level that there is not", { logLevel: "loud" }, ["logLevel", "loud"]],
    ["a limit beyond its range", { limits: { queues: 0 } }, ["limits.queues", "0"]],
    ["a limit that is a text", { limits: { queues: "5" } }, ["limits.queues", '"5"']],
    ["a limit that there is not", { limits: { queue: 5 } }, ["limits", "queue"]],
    ["a setting that there is not", { prot: 5 }, ["prot"]],
    ["a network without its bits", { interconnectTargets: "10.0.0.1" }, ["interconnectTargets", "10.0.0.1"]],
    ["a network of too many bits", { interconnectTargets: ["10.0.0.0/33"] }, ["interconnectTargets", "10.0.0.0/33"]],
    ["a network by name", { interconnectTargets: "localhost/8" }, ["interconnectTargets", "localhost/8"]],
    ["an origin with a path", { origins: "https://shop.example/a" }, ["origins", "https://shop.example/a"]],
  ])("%s", (_what, options, named) => {
    for (const name of named) expect(() => readConfig(options, undefined, {})).toThrow(name);
    expect(() => readConfig(options, undefined, {})).toThrow(ConfigError);
  });

  test.each(["0.0.0.0", "::", "192.168.0.1", "example.org", "127.0.0.1.example.org", ""])("host %j", (host) => {
    expect(() => readConfig({ host }, undefined, {})).toThrow(/^host: /);
  });

  test.each(["127.0.0.1", "127.1.2.3", "::1", "localhost"])("host %s is this machine", (host) => {
    expect(readConfig({ host }, undefined, {}).host).toBe(host);
  });

  test.each([
    ["that is not there", join(folder, "none.json")],
    ["that is no JSON", file("{ port: 1 }")],
    ["that is no object", file([1])],
  ])("a file %s", (_what, path) => {
    expect(() => readConfig({}, path, {})).toThrow(`the configuration file ${path} cannot be read as a JSON object`);
  });
});
