// `/stats/` and `/j/<queue>`: what there is.
import type { Standing } from "../../service/keyed-queues.js";
import { fromBroker } from "./names.js";
import { pythonJson } from "./python-json.js";
import { escapeHtml, JSON_CONTENT, reply } from "./replies.js";
import type { Visit } from "./visit.js";

/** Keys that `/j/` lists. */
const KEYS = 10;
const BROADCAST = 1;
const ROUND_ROBIN = 2;

export async function showStats(visit: Visit): Promise<void> {
  const { name, callback, response } = visit;
  const json = pythonJson(name === "" ? statsOfAll(visit) : statsOfOne(visit));
  reply(response, callback === undefined ? json : `${callback}(${json})`, JSON_CONTENT);
}

function statsOfOne({ queues, name, brokerName }: Visit): Record<string, unknown> {
  return { redis: queues.storage, queue: name, len: queues.standing(brokerName).length ?? 0 };
}

function statsOfAll({ queues }: Visit): Record<string, unknown> {
  const shown = queues.all().flatMap((standing) => {
    const name = fromBroker(standing.name);
    return name === undefined ? [] : [[name, entryOf(name, standing)] as const];
  });
  return { queues: Object.fromEntries(shown), count: shown.length, redis: queues.storage };
}

/** A stopped queue has a blank status, as in RestMQ. */
function entryOf(name: string, { length, flowing, broadcast }: Standing): Record<string, unknown> {
  return { name, len: length, status: flowing ? 1 : "", policy: broadcast ? BROADCAST : ROUND_ROBIN };
}

export async function showJobs({ queues, name, brokerName, response }: Visit): Promise<void> {
  const { length = 0 } = queues.standing(brokerName);
  const numbers = await queues.newest(brokerName, KEYS);
  const items = numbers.map((number) => `<li>${escapeHtml(`${name}:${number}`)}</li>`);
  reply(
    response,
    `<html><body>queue objects: {'objects': ${length}}<br>\njob count: ${length}<br>\n<ul>\n${items.join("\n")}\n</ul></body></html>`,
  );
}
