// A message as the text that RestMQ's clients see: always a text, whatever it was published as.
import { Message } from "../../gen/berrymq/v1/message.js";
import { readJson, writeJson } from "../json/text.js";

/** @param body an encoded Message */
export function textOf(body: Buffer): string {
  const { contentType, payload } = Message.decode(body);
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const text = utf8Of(bytes);
  if (text === undefined) return bytes.toString("base64");
  return contentType === "" ? textOfCall(text) : text;
}

/** One argument stands for itself; what is no call is shown as it is. */
function textOfCall(text: string): string {
  const call = text === "" ? {} : jsonOf(text);
  if (typeof call !== "object" || call === null || Array.isArray(call)) return text;
  const { args = [], kwargs = {} } = call as { args?: unknown; kwargs?: unknown };
  if (!Array.isArray(args) || typeof kwargs !== "object" || kwargs === null) return text;
  if (args.length !== 1 || Object.keys(kwargs).length > 0) return writeJson({ args, kwargs });
  return typeof args[0] === "string" ? args[0] : writeJson(args[0]);
}

function jsonOf(text: string): unknown {
  try {
    return readJson(text);
  } catch {
    return undefined;
  }
}

function utf8Of(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
