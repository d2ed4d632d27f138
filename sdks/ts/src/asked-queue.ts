// What was said of a queue in this process, beside the one that is there: what was not said is not compared.
import { QueueExists } from "./errors.js";
import { type Identifier, parseIdentifier } from "./identifier.js";
import type { LocalQueueSpec } from "./local-queue-spec.js";
import type { QueueOptions } from "./queue.js";
import { inFull } from "./queue-patterns.js";

const seconds = (time: number) => (time > 0 && Number.isFinite(time) ? `${time} s` : "none");
const plain = (value: unknown) => `${value}`;

/** Each as a text to compare and to show. */
const shown: { readonly [Option in keyof Omit<LocalQueueSpec, "name" | "patterns">]: (value: never) => string } = {
  maxMessages: plain,
  maxBytes: plain,
  overflow: plain,
  lease: seconds,
  maxAttempts: plain,
  backoff: (times: readonly number[]) => times.map((time) => `${time} s`).join(" to "),
  ttl: seconds,
  delay: seconds,
  dedupe: seconds,
};

/** @throws QueueExists naming what was said and is otherwise there */
export function assertAgrees(there: LocalQueueSpec, patterns: readonly Identifier[], options: QueueOptions): void {
  const compared = Object.entries(shown)
    .filter(([option]) => options[option as keyof QueueOptions] !== undefined)
    .map(([option, show]) => [
      option,
      show(there[option as keyof LocalQueueSpec] as never),
      show(options[option as keyof QueueOptions] as never),
    ]);
  if (patterns.length > 0)
    compared.unshift(["patterns", together(there.patterns.map(parseIdentifier)), together(patterns)]);
  const told = compared.filter(([, is, asked]) => is !== asked);
  if (told.length === 0) return;
  const differences = told.map(([option, is, asked]) => `${option}: ${is} there, ${asked} asked`).join("; ");
  throw new QueueExists(
    `the queue ${there.name} exists with other options (${differences}); leave out what may be as it is, or choose another name`,
  );
}

function together(patterns: readonly Identifier[]): string {
  return [...new Set(patterns.map(inFull))].sort().join(", ") || "none";
}
