// The contract's streams that a client may hold open over JSON.
import type { Contract, ServiceName } from "../contract/contract.js";
import { methodNamed } from "./descriptors.js";
import { consumeEvents, followEvents, type ReadEvents } from "./events.js";
import type { Stream } from "./subscription.js";

const table: Readonly<Record<string, { service: ServiceName; call: string; events: ReadEvents }>> = {
  follow: { service: "FollowerService", call: "Follow", events: followEvents },
  consume: { service: "QueueService", call: "Consume", events: consumeEvents },
};

/** @param name `follow` or `consume` */
export function streamNamed(name: string, contract: Contract): Stream {
  const { service, call, events } = table[name]!;
  const opened = contract[service][call]!;
  if (opened.kind !== "duplex") throw new Error(`${service}.${call} is no stream`);
  return { name, call: opened.run, request: methodNamed(service, call).input, events };
}
