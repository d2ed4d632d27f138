// Leases and verdicts as the contract writes them, read for the broker, and what became of them.
import type { BrokerQueue } from "../broker/queue.js";
import type { Settlement } from "../broker/settling.js";
import type { Outcome, Settlement as SettlementMessage } from "../gen/berrymq/v1/queue.js";
import type { Duration } from "../gen/google/protobuf/duration.js";
import { MAX_WHY_BYTES, RANGES } from "../limits.js";
import { durationOf } from "../model/duration.js";
import { Refusal } from "../model/errors.js";

/** The lease to take, in microseconds; undefined = none, acknowledged on the way out. */
export function readLease(queue: BrokerQueue, lease: Duration | undefined, autoAck: boolean): number | undefined {
  const wanted = durationOf("lease", lease, RANGES.lease) ?? queue.options.lease;
  return autoAck ? undefined : wanted;
}

/** Carries verdicts out; one outcome for each, in order. */
export async function settleAll(queue: BrokerQueue, settlements: readonly SettlementMessage[]): Promise<Outcome[]> {
  const settled = await queue.settle(settlements.map(readSettlement));
  return settlements.map(({ leaseId }, index) =>
    settled[index] === "lost" ? lost(leaseId) : { ...done(leaseId), dead: settled[index] === "dead" },
  );
}

function readSettlement({ leaseId: lease, verdict }: SettlementMessage): Settlement {
  switch (verdict?.$case) {
    case "ack":
      return { lease, verb: "ack" };
    case "release":
      return { lease, verb: "release" };
    case "retry":
      return { lease, verb: "retry", delay: durationOf("retry.delay", verdict.value.delay, RANGES.delay) };
    case "reject":
      return { lease, verb: "reject", why: readWhy(verdict.value.why) };
    default:
      throw new Refusal("INVALID_ARGUMENT", "verdict: one of ack, release, retry, reject is required");
  }
}

function readWhy(why: string): string {
  const bytes = Buffer.byteLength(why);
  if (bytes > MAX_WHY_BYTES)
    throw new Refusal("INVALID_ARGUMENT", `reject.why: ${bytes} bytes; at most ${MAX_WHY_BYTES} are taken`);
  return why || "rejected";
}

export function lost(leaseId: string): Outcome {
  const shown = JSON.stringify(leaseId.slice(0, 64));
  const refusal = new Refusal(
    "LEASE_LOST",
    `the lease ${shown} ran out or never was; somebody else may hold the message now`,
  );
  return { ...done(leaseId), error: refusal.toError() };
}

/** What else an outcome tells, its maker adds. */
export function done(leaseId: string): Outcome {
  return { leaseId, deadline: 0n, error: undefined, dead: false };
}
