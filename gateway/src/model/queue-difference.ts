// How the queue that somebody asked for differs from the one that is there, in words.
import { SECOND } from "./clock.js";
import type { QueueOptions } from "./queue-options.js";

const seconds = (time: number) => `${time / SECOND} s`;
const orNone = (time: number) => (time === 0 ? "none" : seconds(time));

/** By the names of the contract, each as a text to compare and to show. Patterns in whatever order make the same queue. */
const shown: Record<string, (options: QueueOptions) => string> = {
  patterns: ({ patterns }) =>
    patterns
      .map(({ text }) => text)
      .toSorted()
      .join(", ") || "none",
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

/** `lease: 30 s there, 20 s asked` for each option; empty = both are the same queue. */
export function queueDifferences(there: QueueOptions, asked: QueueOptions): string[] {
  // Sessions are their programs' secret.
  const foreign = there.owner !== "" && asked.owner !== "" && there.owner !== asked.owner;
  const differences = Object.entries(shown)
    .map(([name, show]) => ({ name, there: show(there), asked: show(asked) }))
    .filter(({ there, asked }) => there !== asked)
    .map(({ name, there, asked }) => `${name}: ${there} there, ${asked} asked`);
  return foreign ? ["standalone: it is another program's", ...differences] : differences;
}
