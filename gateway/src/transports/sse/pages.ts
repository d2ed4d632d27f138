// The two pages of server-sent events: what their query parameters mean.
import type { Request } from "express";
import { isNumber, LosslessNumber } from "lossless-json";
import { DEFAULT_RESUME, RANGES } from "../../limits.js";
import { SECOND } from "../../model/clock.js";
import { Refusal } from "../../model/errors.js";
import { CALLER_PARAMETERS, callerOf, type JsonCaller } from "../http/caller.js";
import { queryOf } from "../http/query.js";
import type { JsonObject } from "../json/codec.js";

export interface FollowPage {
  readonly caller: JsonCaller;
  /** The first request of the stream. */
  readonly request: JsonObject;
  /** Microseconds for which it outlives its connection. */
  readonly resume: number;
}

export interface ConsumePage {
  readonly caller: JsonCaller;
  readonly request: JsonObject;
}

/** @throws Refusal INVALID_ARGUMENT */
export function followPage(request: Request): FollowPage {
  const { pattern: patterns = [], ...single } = parametersOf(request, ["pattern", "credit", "resume"]);
  const { resume, credit } = onceEach(single);
  const add = patterns.map((pattern) => ({ pattern }));
  return {
    caller: callerOf(request),
    request: { add, ...(credit !== undefined && { credit: valueFrom(credit) }) },
    resume: resume === undefined ? DEFAULT_RESUME : resumeFrom(resume),
  };
}

/** @throws Refusal INVALID_ARGUMENT */
export function consumePage(request: Request): ConsumePage {
  const given = onceEach(parametersOf(request, ["credit", "lease", "auto_ack"]));
  const fields = Object.entries(given).map(([name, text]) => [name, valueFrom(text)]);
  return { caller: callerOf(request), request: { queue: request.params.queue, ...Object.fromEntries(fields) } };
}

function parametersOf(request: Request, names: readonly string[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, value] of queryOf(request)) {
    if (CALLER_PARAMETERS.some((each) => each === name)) continue;
    if (!names.includes(name)) throw unknown(name, [...names, ...CALLER_PARAMETERS]);
    found[name] = [...(found[name] ?? []), value];
  }
  return found;
}

function onceEach(found: Record<string, string[]>): Record<string, string> {
  const entries = Object.entries(found).map(([name, values]) => {
    if (values.length > 1) throw new Refusal("INVALID_ARGUMENT", `${name}: it is given ${values.length} times`);
    return [name, values[0]!];
  });
  return Object.fromEntries(entries);
}

/** As JSON would have it; what it cannot be, the codec refuses by name. */
function valueFrom(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return isNumber(text) ? new LosslessNumber(text) : text;
}

function resumeFrom(text: string): number {
  const { least, most } = RANGES.resume;
  const time = /^\d{1,4}(\.\d+)?$/.test(text) ? Number(text) * SECOND : Number.NaN;
  if (time >= least && time <= most) return time;
  throw new Refusal("INVALID_ARGUMENT", `resume: ${text.slice(0, 64)}; from ${least} to ${most / SECOND} seconds`);
}

function unknown(name: string, names: readonly string[]): Refusal {
  return new Refusal("INVALID_ARGUMENT", `${name}: there is no such parameter; there are ${names.join(", ")}`);
}
