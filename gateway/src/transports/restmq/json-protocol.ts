// `/queue`: commands as JSON. What is logically wrong is answered 200 with `{"error": …}`.
import { Refusal } from "../../model/errors.js";
import { readJson, writeJson } from "../json/text.js";
import { JSON_TYPE } from "./arguments.js";
import { toBroker } from "./names.js";
import { pythonJson } from "./python-json.js";
import { HTML, JSON_CONTENT, redirect, reply } from "./replies.js";
import { textOf } from "./texts.js";
import type { Visit } from "./visit.js";

type Command = Record<string, unknown>;
type Run = (visit: Visit, command: Command) => Promise<Record<string, unknown>>;

const commands = new Map<string, Run>([
  ["add", add],
  ["get", get],
  ["take", take],
  ["del", remove],
]);

export async function toHelp({ response }: Visit): Promise<void> {
  redirect(response, "/static/help.html");
}

export async function runCommand(visit: Visit): Promise<void> {
  const command = readCommand(visit);
  const run = commands.get(command.cmd as string);
  if (run === undefined) return reply(visit.response, pythonJson({ error: "null resultset" }), HTML);
  reply(visit.response, pythonJson(await answer(run, visit, command)), JSON_CONTENT);
}

async function answer(run: Run, visit: Visit, command: Command): Promise<Record<string, unknown>> {
  try {
    return await run(visit, command);
  } catch (error) {
    if (error instanceof Refusal) return { error: error.message };
    throw error;
  }
}

/** @throws Refusal INVALID_ARGUMENT */
function readCommand({ args, body, contentType, name }: Visit): Command {
  const text = args.get("msg") ?? args.get("body") ?? (JSON_TYPE.test(contentType) ? body.toString() : undefined);
  if (text === undefined) throw new Refusal("INVALID_ARGUMENT", "body: it is missing; send the command as JSON");
  const command = readJson(text, "the command");
  if (typeof command !== "object" || command === null || Array.isArray(command))
    throw new Refusal("INVALID_ARGUMENT", 'the command is no JSON object such as {"cmd": "get", "queue": "x"}');
  const { cmd } = command as Command;
  if (typeof cmd !== "string" || cmd === "") throw new Refusal("INVALID_ARGUMENT", "cmd: a text is expected");
  return name === "" ? (command as Command) : { queue: name, ...command };
}

async function add({ queues }: Visit, command: Command): Promise<Record<string, unknown>> {
  const queue = textMember(command, "queue");
  const value = member(command, "value");
  const number = await queues.add(toBroker(queue), typeof value === "string" ? value : writeJson(value));
  return { queue, value, key: `${queue}:${number}` };
}

async function get({ queues }: Visit, command: Command): Promise<Record<string, unknown>> {
  const queue = textMember(command, "queue");
  const looked = await queues.look(toBroker(queue));
  if (looked === undefined) return EMPTY;
  const { message, count } = looked;
  return { queue, value: textOf(message.body), key: `${queue}:${message.number}`, count };
}

async function take({ door, queues, response }: Visit, command: Command): Promise<Record<string, unknown>> {
  const queue = textMember(command, "queue");
  const message = await queues.pop(toBroker(queue), door.signalOf(response));
  return message === undefined ? EMPTY : { queue, value: textOf(message.body), key: `${queue}:${message.number}` };
}

async function remove({ queues }: Visit, command: Command): Promise<Record<string, unknown>> {
  const queue = textMember(command, "queue");
  const key = textMember(command, "key");
  const number = numberOf(key, queue);
  const deleted = number !== undefined && (await queues.remove(toBroker(queue), number));
  return { queue, deleted, key };
}

const EMPTY = { error: "empty queue" };

/** The number of a key of this queue; undefined = it is another's, or no key. */
function numberOf(key: string, queue: string): number | undefined {
  const digits = key.startsWith(`${queue}:`) ? key.slice(queue.length + 1) : "";
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : undefined;
}

/** What is missing is told as Python told it. @throws Refusal INVALID_ARGUMENT */
function member(command: Command, name: string): unknown {
  const value = command[name];
  if (value === undefined) throw new Refusal("INVALID_ARGUMENT", `'${name}'`);
  return value;
}

function textMember(command: Command, name: string): string {
  const value = member(command, name);
  if (typeof value !== "string") throw new Refusal("INVALID_ARGUMENT", `'${name}': a text is expected`);
  return value;
}
