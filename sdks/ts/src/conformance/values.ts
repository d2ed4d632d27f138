// Values as the driver's protocol writes them: bytes as `{"$bytes": base64}`, integers of any size, names in snake_case.
import { stringify } from "lossless-json";
import { BerryMQError } from "../errors.js";
import { parseJson } from "../json.js";
import type { Message } from "../message.js";
import type { QueueOptions } from "../queue.js";

type Plain = { readonly [key: string]: unknown };

/** A line that came in. */
export function readLine(line: string): Plain {
  return decode(parseJson(line)) as Plain;
}

/** A line to go out. */
export function writeLine(value: unknown): string {
  return `${stringify(encode(value))}\n`;
}

export function ofMessage(message: Message): Plain {
  return {
    id: message.id,
    name: message.name,
    action: message.action,
    args: message.args,
    kwargs: message.kwargs,
    content_type: message.contentType,
    attributes: message.attributes,
    message_id: message.messageId,
    attempt: message.attempt,
    priority: message.priority,
    checksum: checksumIn(message),
    sender: message.sender,
    reply_to: message.replyTo || null,
    failure: message.failure ? { class_name: message.failure.className, text: message.failure.text } : null,
    answer: message.answer ?? null,
  };
}

/** Queue options as this SDK spells them. */
export function ofQueueOptions(options: Plain): QueueOptions {
  const spelled = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    spelled.map(([key, value]) => [key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value]),
  );
}

/** Null = its arguments cannot be encoded, and need not be inside the process. */
function checksumIn(message: Message): string | null {
  try {
    return message.checksum;
  } catch {
    return null;
  }
}

export function ofError(error: unknown): Plain {
  const { message } = error as Error;
  if (!(error instanceof BerryMQError))
    return { reason: "INTERNAL", retryable: false, message: String(message ?? error) };
  return { reason: error.reason, retryable: error.retryable, message };
}

function encode(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, encode(part)]));
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  if ("$bytes" in value) return Buffer.from(String(value.$bytes), "base64");
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, decode(part)]));
}
