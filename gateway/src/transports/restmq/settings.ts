// `/p/<queue>`, the policy, and `/control/<queue>`, the flow to live consumers.
import type { Standing } from "../../service/keyed-queues.js";
import { fromBroker } from "./names.js";
import { pythonJson } from "./python-json.js";
import { CRLF, JSON_CONTENT, reply, replyJson, replyText } from "./replies.js";
import type { Visit } from "./visit.js";

const policies = new Map([
  ["broadcast", true],
  ["roundrobin", false],
]);
const flows = new Map([
  ["start", true],
  ["stop", false],
]);

/** A policy that nobody set is `broadcast`, which is what it comes to. */
export async function showPolicy({ queues, name, brokerName, callback, response }: Visit): Promise<void> {
  const { broadcast = true } = queues.standing(brokerName);
  replyJson(response, { queue: name, value: broadcast ? "broadcast" : "roundrobin" }, callback);
}

export async function setPolicy({ queues, args, brokerName, callback, response }: Visit): Promise<void> {
  const broadcast = policies.get(args.need("policy"));
  if (broadcast === undefined) return replyJson(response, null, callback);
  await queues.setPolicy(brokerName, broadcast);
  replyText(response, "OK", callback);
}

export async function showFlow(visit: Visit): Promise<void> {
  const { queues, name, response } = visit;
  const shown =
    name === "" ? allFlows(visit) : { queue: name, status: flowOf(name, queues.standing(visit.brokerName)) };
  reply(response, pythonJson({ redis: queues.storage, ...shown }) + CRLF, JSON_CONTENT);
}

export async function setFlow({ queues, args, name, brokerName, callback, response }: Visit): Promise<void> {
  const status = args.get("status");
  const flowing = status === undefined ? undefined : flows.get(status);
  if (flowing !== undefined) await queues.setFlowing(brokerName, flowing);
  const stat = flowing === undefined ? `invalid status: ${status ?? "None"}` : { queue: name, status: flowing ? 1 : 0 };
  const json = pythonJson({ stat });
  reply(response, (callback === undefined ? json : `${callback}(${json})`) + CRLF);
}

function allFlows({ queues }: Visit): Record<string, unknown> {
  const shown = queues.all().flatMap((standing) => {
    const name = fromBroker(standing.name);
    return name === undefined ? [] : [[name, flowOf(name, standing)] as const];
  });
  return { queues: Object.fromEntries(shown), count: shown.length };
}

/** `null` for a queue that nobody wrote to and nobody set. */
function flowOf(queue: string, { flowing }: Partial<Standing>): { queue: string; status: 1 | 0 | null } {
  return { queue, status: flowing === undefined ? null : flowing ? 1 : 0 };
}
