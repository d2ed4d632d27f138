// How the queue that somebody asked for differs from the one that is there, in words.
import { type AskedQueue, said } from "./asked-queue.js";
import { SECOND } from "./clock.js";
import type { Identifier } from "./identifier.js";
import type { QueueOptions } from "./queue-options.js";

const seconds = (time: number) => `${time / SECOND} s`;
const orNone = (time: number) => (time === 0 ? "none" : seconds(time));
const inFull = ({ name, namespace, action }: Identifier) => `${name}${namespace && `@${namespace}`}:${action}`;

/** By the names of the contract, each as a text to compare and to show. Patterns in whatever order, `a` or `a:*`, make the same queue. */
const shown: Record<string, (options: QueueOptions) => string> = {
  patterns: ({ patterns }) => [...new Set(patterns.map(inFull))].toSorted().join(", ") || "none",
  standalone: ({ owner }) => (owner === "" ? "shared" : "standalone"),
  max_messages: ({ maxMessages }) => `${maxMessages}`,
  max_bytes: ({ maxBytes }) => `${maxBytes}`,
  overflow: ({ dropOldest }) => (dropOldest ? "drop_oldest" : "reject_publish"),
  lease: ({ lease }) => seconds(lease),
  max_attempts: ({ maxAttempts }) => `${maxAttempts}`,
  backoff: ({ backoffFirst, backoffMost }) => `${seconds(backoffFirst)} to ${seconds(backoffMost)}`,
  transient: ({ transient }) => `${transient}`,
  ttl: ({ ttl }) => orNone(ttl),
  delay: ({ delay }) => orNone(delay),
  dedupe: ({ dedupe }) => orNone(dedupe),
  standalone_ttl: ({ standaloneTtl }) => seconds(standaloneTtl),
  policy: ({ broadcast }) => (broadcast ? "broadcast" : "round_robin"),
};

/** `lease: 30 s there, 20 s asked` for each option that was said; empty = the queue is as it was asked for. */
export function queueDifferences(there: QueueOptions, asked: AskedQueue): string[] {
  const wished: QueueOptions = { ...there, ...said(asked) };
  // Sessions are their programs' secret.
  const foreign = there.owner !== "" && asked.owner !== "" && there.owner !== asked.owner;
  const differences = Object.entries(shown)
    .map(([name, show]) => ({ name, there: show(there), asked: show(wished) }))
    .filter(({ there, asked }) => there !== asked)
    .map(({ name, there, asked }) => `${name}: ${there} there, ${asked} asked`);
  return foreign ? ["standalone: it is another program's", ...differences] : differences;
}
