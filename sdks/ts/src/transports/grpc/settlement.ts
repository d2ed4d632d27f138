// Verdicts as they travel.
import type { Settlement } from "../../gen/berrymq/v1/queue.js";
import type { Verdict } from "../queue-calls.js";
import { optionalDuration } from "./duration.js";

export function toSettlement(leaseId: string, verdict: Verdict): Settlement {
  return { leaseId, verdict: toVerdict(verdict) };
}

function toVerdict(verdict: Verdict): Settlement["verdict"] {
  switch (verdict.verb) {
    case "ack":
      return { $case: "ack", value: {} };
    case "release":
      return { $case: "release", value: {} };
    case "retry":
      return { $case: "retry", value: { delay: optionalDuration(verdict.delay) } };
    case "reject":
      return { $case: "reject", value: { why: verdict.why ?? "" } };
  }
}
