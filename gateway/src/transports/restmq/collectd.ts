// `/collectd/<name>`: what collectd's write_http and notification plug-ins post, as JSON in the queues `collectd_data` and `collectd_event`.
import { Refusal } from "../../model/errors.js";
import { JSON_TYPE } from "./arguments.js";
import { pythonJson } from "./python-json.js";
import { replyText } from "./replies.js";
import type { Visit } from "./visit.js";

const readers: Record<string, (text: string, contentType: string) => string> = { data: readData, event: readEvent };

/** @throws Refusal INVALID_ARGUMENT for another name, and for what collectd does not write */
export async function takeFromCollectd(visit: Visit): Promise<void> {
  const { queues, rest, body, contentType, callback, response } = visit;
  const read = Object.hasOwn(readers, rest) ? readers[rest] : undefined;
  if (read === undefined)
    throw new Refusal("INVALID_ARGUMENT", `${JSON.stringify(rest)}: collectd posts to data and event`);
  const text = read(utf8Of(body), contentType);
  const queue = `collectd_${rest}`;
  replyText(response, `${queue}:${await queues.add(queue, text)}`, callback);
}

const PLAIN = /^text\/plain\s*(;|$)/i;

function readData(text: string, contentType: string): string {
  if (JSON_TYPE.test(contentType)) return needed(text);
  if (PLAIN.test(contentType)) return pythonJson(linesOf(text).flatMap(readLine));
  const given = JSON.stringify(contentType.slice(0, 64));
  throw new Refusal("INVALID_ARGUMENT", `content-type: ${given}; send text/plain or application/json`);
}

/** `Key: value` lines, a blank one, and the text. */
function readEvent(text: string): string {
  const lines = linesOf(needed(text).trimEnd());
  return pythonJson([...lines.slice(0, -1).flatMap(readLine), { event_text: lines.at(-1) }]);
}

const EVENT_KEY =
  /^(Severity|Time|Host|Plugin|Type|TypeInstance|DataSource|CurrentValue|WarningMin|WarningMax|FailureMin|FailureMax):?\s+(.*)$/;

/** What else there is in a line is passed over. */
function readLine(line: string): Record<string, string>[] {
  if (/^PUTVAL(\s|$)/.test(line)) return [readValue(line)];
  const [, key, value] = EVENT_KEY.exec(line) ?? [];
  return key === undefined ? [] : [{ [key.toLowerCase()]: value!.trim() }];
}

const PUTVAL = /^PUTVAL\s+([^/\s]+)\/([^/\s]+)\/([^/\s]+)\s+\w+=(\S+)\s+(\S+)/;

function readValue(line: string): Record<string, string> {
  const parts = PUTVAL.exec(line);
  if (parts === null) {
    const shown = JSON.stringify(line.slice(0, 100));
    throw new Refusal(
      "INVALID_ARGUMENT",
      `${shown} is no line such as PUTVAL host/plugin/type interval=10 1179574444:1`,
    );
  }
  const [host, plugin, type, interval, value] = parts.slice(1) as [string, string, string, string, string];
  return { host, plugin_instance: plugin, type_instance: type, interval, value };
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}

function needed(text: string): string {
  if (text.trim() === "") throw new Refusal("INVALID_ARGUMENT", "the body is empty");
  return text;
}

function utf8Of(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal("INVALID_ARGUMENT", "the body is not UTF-8");
  }
}
