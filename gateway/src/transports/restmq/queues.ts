// `/q/<queue>` and `/`: add one, take one, forget all, list.

import { RANGES } from "../../limits.js";
import { SECOND } from "../../model/clock.js";
import { Refusal } from "../../model/errors.js";
import { fromBroker, toBroker } from "./names.js";
import { escapeHtml, redirect, reply, replyError, replyJson, replyText } from "./replies.js";
import { textOf } from "./texts.js";
import type { Visit } from "./visit.js";

export async function addToPath(visit: Visit): Promise<void> {
  await add(visit, visit.name, ["msg", "value"]);
}

/** Of `msg` and `value` the other one wins here, as in RestMQ. */
export async function addToNamed(visit: Visit): Promise<void> {
  await add(visit, visit.args.need("queue"), ["value", "msg"]);
}

async function add({ queues, args, callback, response }: Visit, name: string, order: readonly string[]): Promise<void> {
  const text = order.map((each) => args.get(each)).find((each) => each !== undefined);
  if (text === undefined) throw new Refusal("INVALID_ARGUMENT", "value: it is missing or blank; send value or msg");
  const number = await queues.add(toBroker(name), text, readTtl(args.get("ttl")));
  replyText(response, `${name}:${number}`, callback);
}

/** Seconds. @throws Refusal INVALID_ARGUMENT */
function readTtl(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  const most = RANGES.ttl.most / SECOND;
  if (/^\d{1,10}$/.test(text) && seconds >= 1 && seconds <= most) return seconds;
  throw new Refusal(
    "INVALID_ARGUMENT",
    `ttl: ${JSON.stringify(text.slice(0, 32))} is no whole number of seconds from 1 to ${most}`,
  );
}

/** An empty queue is 204 here. */
export async function takeFromPath(visit: Visit): Promise<void> {
  if (visit.rest === "") return list(visit);
  if (await take(visit, visit.name)) return;
  visit.response.writeHead(204);
  visit.response.end();
}

/** An empty queue is 404 here. */
export async function takeFromNamed(visit: Visit): Promise<void> {
  const name = visit.args.need("queue");
  if (!(await take(visit, name))) replyError(visit.response, 404, `the queue ${JSON.stringify(name)} is empty`);
}

async function take({ door, queues, callback, response }: Visit, name: string): Promise<boolean> {
  const broker = toBroker(name);
  const message = await queues.pop(broker, door.signalOf(response));
  if (message === undefined) return false;
  replyJson(response, { count: 0, key: `${name}:${message.number}`, value: textOf(message.body) }, callback);
  return true;
}

export async function forgetAll({ queues, name, brokerName, response }: Visit): Promise<void> {
  const held = await queues.purge(brokerName);
  replyJson(response, { queue: name, status: held ? 1 : 0 }, undefined);
}

/** The names of all queues that RestMQ has a name for. */
export function namesOf({ queues }: Visit): string[] {
  return queues.all().flatMap(({ name }) => fromBroker(name) ?? []);
}

async function list(visit: Visit): Promise<void> {
  const items = namesOf(visit).map((name) => {
    const path = `/q/${name}`;
    const href = path.split("/").map(encodeURIComponent).join("/");
    return `<li><a href="${escapeHtml(href)}">${escapeHtml(path)}</a></li>`;
  });
  const title = "avaliable queue for REST";
  reply(
    visit.response,
    `<html><head><title>${title}</title></head>\n<body>\n<ul>\n${items.join("\n")}\n</ul>\n</body></html>`,
  );
}

/** Nobody named a queue: the dashboard. */
export async function toDashboard({ response }: Visit): Promise<void> {
  redirect(response, "/static/index.html");
}
