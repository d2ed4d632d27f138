// `POST /xmlrpc`: XML-RPC (xmlrpc.com/spec.md), as RestMQ had it before 2010: `get(queue)` and `set(queue, value)`.
import { type X2jOptions, XMLParser, XMLValidator } from "fast-xml-parser";
import { Refusal, toRefusal } from "../../model/errors.js";
import { toBroker } from "./names.js";
import { escapeHtml, reply } from "./replies.js";
import { textOf } from "./texts.js";
import type { Visit } from "./visit.js";

const XML = "text/xml";
/** Twisted's faults, which RestMQ's clients know. */
const NOT_FOUND = 8001;
const FAILURE = 8002;

type Method = (visit: Visit, params: readonly string[]) => Promise<string>;

const methods = new Map<string, Method>([
  ["get", get],
  ["set", set],
]);

export async function xmlRpc(visit: Visit): Promise<void> {
  reply(visit.response, `<?xml version='1.0'?>\n<methodResponse>\n${await answer(visit)}\n</methodResponse>\n`, XML);
}

async function answer(visit: Visit): Promise<string> {
  try {
    const { name, params } = readCall(visit.body);
    const method = methods.get(name);
    if (method === undefined) return fault(NOT_FOUND, `function ${name} not found`);
    return `<params>\n<param>\n<value>${await method(visit, params)}</value>\n</param>\n</params>`;
  } catch (error) {
    return fault(
      FAILURE,
      toRefusal(error, (cause) => visit.door.log.error({ err: cause }, "an XML-RPC call failed")).message,
    );
  }
}

async function get({ door, queues, response }: Visit, params: readonly string[]): Promise<string> {
  const [queue] = needed(params, ["queue"]);
  const message = await queues.pop(toBroker(queue!), door.signalOf(response));
  if (message === undefined) throw new Refusal("INVALID_ARGUMENT", `the queue ${JSON.stringify(queue)} is empty`);
  const key = text(`${queue}:${message.number}`);
  return struct({ count: "<int>0</int>", key, value: text(textOf(message.body)) });
}

async function set({ queues }: Visit, params: readonly string[]): Promise<string> {
  const [queue, value] = needed(params, ["queue", "value"]);
  return text(`${queue}:${await queues.add(toBroker(queue!), value!)}`);
}

function needed(params: readonly string[], names: readonly string[]): readonly string[] {
  if (params.length === names.length) return params;
  throw new Refusal("INVALID_ARGUMENT", `${params.length} parameters; ${names.join(" and ")} are expected`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no way to write them
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** A text; base64 where XML has no character for what it holds. */
function text(value: string): string {
  if (UNWRITABLE.test(value)) return `<base64>${Buffer.from(value).toString("base64")}</base64>`;
  return `<string>${escapeHtml(value).replaceAll("\r", "&#13;")}</string>`;
}

function struct(members: Record<string, string>): string {
  const written = Object.entries(members).map(
    ([name, value]) => `<member>\n<name>${name}</name>\n<value>${value}</value>\n</member>`,
  );
  return `<struct>\n${written.join("\n")}\n</struct>`;
}

function fault(code: number, why: string): string {
  return `<fault>\n<value>${struct({ faultCode: `<int>${code}</int>`, faultString: text(why) })}</value>\n</fault>`;
}

const options: X2jOptions = {
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  alwaysCreateTextNode: false,
  isArray: (name) => name === "param",
};

type Node = string | { [name: string]: Node } | Node[] | undefined;

/** @throws Refusal INVALID_ARGUMENT */
function readCall(body: Buffer): { name: string; params: string[] } {
  const call = child(parse(body), "methodCall");
  const name = child(call, "methodName");
  if (typeof name !== "string" || name.trim() === "") throw wrong("it has no methodName");
  const params = child(child(call, "params"), "param");
  return {
    name: name.trim(),
    params: (Array.isArray(params) ? params : []).map((param) => scalarOf(child(param, "value"))),
  };
}

function parse(body: Buffer): Node {
  const xml = body.toString();
  // Nobody needs one here, and it could define entities.
  if (/<!DOCTYPE/i.test(xml)) throw wrong("it has a DOCTYPE");
  if (XMLValidator.validate(xml) !== true) throw wrong("it is not well-formed");
  return new XMLParser(options).parse(xml) as Node;
}

/** Scalars are texts here; what is no scalar is refused. */
function scalarOf(value: Node): string {
  if (value === undefined) throw wrong("a param has no value");
  if (typeof value === "string") return value;
  const scalars = Object.entries(value).filter(([name]) => name !== "#text");
  const [type, content] = scalars[0] ?? [];
  if (scalars.length === 0) return String(child(value, "#text") ?? "");
  if (scalars.length > 1 || typeof content !== "string") throw wrong(`a value of type ${type}; send a string`);
  if (type === "base64") return Buffer.from(content, "base64").toString();
  if (!["string", "int", "i4", "double", "boolean", "dateTime.iso8601"].includes(type!))
    throw wrong(`a value of type ${type}; send a string`);
  return content;
}

function child(node: Node, name: string): Node {
  return typeof node === "object" && !Array.isArray(node) && Object.hasOwn(node, name) ? node[name] : undefined;
}

function wrong(why: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `the body is no XML-RPC call: ${why}`);
}
