// Reads the params of the calls. What is null or absent takes its default; what does not fit is refused by name.
import { isLosslessNumber } from "lossless-json";
import { MAX_BERRYMQ03_TOKEN } from "../../limits.js";
import { SECOND } from "../../model/clock.js";
import { Refusal } from "../../model/errors.js";
import { writeJson } from "../json/text.js";
import { isObject } from "./rpc.js";

export type Params = readonly unknown[];

export function textOf(value: unknown, name: string): string {
  if (typeof value !== "string") throw wrong(name, "a text", value);
  return value;
}

/** @throws Refusal for what could not be a token of anybody's. */
export function tokenOf(value: unknown, name = "token"): string {
  const token = textOf(value, name);
  if (token.length > MAX_BERRYMQ03_TOKEN) throw wrong(name, `at most ${MAX_BERRYMQ03_TOKEN} characters`, token);
  return token;
}

export function argsOf(value: unknown): unknown[] {
  if (!Array.isArray(value ?? [])) throw wrong("args", "a list", value);
  return (value ?? []) as unknown[];
}

export function kwargsOf(value: unknown): { [key: string]: unknown } {
  if (!isObject(value ?? {})) throw wrong("kwargs", "an object", value);
  return (value ?? {}) as { [key: string]: unknown };
}

export function booleanOf(value: unknown, name: string, fallback: boolean): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== "boolean") throw wrong(name, "true or false", value);
  return value;
}

/** A number of seconds, not negative; undefined where there is none. */
export function secondsOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const seconds = typeof value === "number" || isLosslessNumber(value) ? Number(value) : Number.NaN;
  if (!(Number.isFinite(seconds) && seconds >= 0)) throw wrong(name, "a number of seconds, 0 or more", value);
  return seconds;
}

/** How long a connection may be silent, in microseconds. */
export function ttlOf(value: unknown, fallback: number, most: number): number {
  const seconds = secondsOf(value, "ttl") ?? Math.min(fallback, most);
  const least = 0.001;
  if (seconds < least || seconds > most) throw wrong("ttl", `${least} to ${most} seconds`, value);
  return seconds * SECOND;
}

/** `[host, port]` */
export function addressOf(value: unknown): { host: string; port: number } {
  const [host, port] = Array.isArray(value) && value.length === 2 ? value : [];
  const isPort = typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536;
  if (typeof host !== "string" || !isPort) throw wrong("addr", "[host, port]", value);
  return { host, port };
}

function wrong(name: string, expected: string, value: unknown): Refusal {
  const shown = value === undefined ? "nothing" : writeJson(value).slice(0, 64);
  return new Refusal("INVALID_ARGUMENT", `${name}: ${expected} expected, not ${shown}`);
}
