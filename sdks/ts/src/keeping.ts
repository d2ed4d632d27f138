// Where a new queue's messages are kept: at the gateway when there is one, otherwise in this process.
import { type GatewayCalls, GatewayQueue } from "./gateway-queue.js";
import { type LocalQueues, queueName } from "./local-queues.js";
import type { Keeper, QueueOptions } from "./queue.js";
import { readPatterns } from "./queue-patterns.js";

/** @param gateway undefined = the bus is not connected */
export async function keeping(
  pattern: string | readonly string[],
  options: QueueOptions,
  here: LocalQueues,
  gateway: GatewayCalls | undefined,
): Promise<Keeper> {
  const patterns = readPatterns(pattern, options.name);
  if (gateway === undefined || patterns[0]?.local) return here.open(patterns, options);
  const { shared = false, name: _, ...bounds } = options;
  const texts = patterns.map(({ text }) => text);
  const spec = { ...bounds, name: queueName(patterns, options), patterns: texts, standalone: !shared };
  await gateway.calls().create(spec);
  return new GatewayQueue(spec.name, gateway, spec);
}
