// Where a new queue's messages are kept: at the gateway when there is one, otherwise in this process.
import { type GatewayCalls, GatewayQueue } from "./gateway-queue.js";
import { type LocalQueues, queueName } from "./local-queues.js";
import type { Keeper, NamedQueue, QueueOptions } from "./queue.js";
import { checkNumbers } from "./queue-options.js";
import { assertNamed, readPatterns } from "./queue-patterns.js";

/** @param gateway undefined = the bus is not connected */
export async function keeping(
  pattern: string | readonly string[] | NamedQueue,
  options: QueueOptions,
  here: LocalQueues,
  gateway: GatewayCalls | undefined,
): Promise<Keeper> {
  const named = isNamed(pattern);
  const asked: QueueOptions = named ? { ...options, ...pattern } : options;
  if (named) assertNamed(asked);
  checkNumbers(asked);
  const patterns = named ? [] : readPatterns(pattern, asked.name);
  const local = named ? pattern.name.startsWith("_") : patterns[0]!.local;
  if (gateway === undefined || local) return here.open(patterns, asked);
  const { shared = false, name: _, ...bounds } = asked;
  const texts = patterns.map(({ text }) => text);
  const spec = { ...bounds, name: queueName(patterns, asked), patterns: texts, standalone: !shared };
  const keeper = new GatewayQueue(spec.name, gateway, spec);
  await keeper.make();
  return keeper;
}

function isNamed(pattern: string | readonly string[] | NamedQueue): pattern is NamedQueue {
  return typeof pattern === "object" && pattern !== null && !Array.isArray(pattern);
}
