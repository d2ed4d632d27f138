// What a body is: the type that its sender gave it, and what curl says of a body when nobody told it better.
import { isUtf8 } from "node:buffer";
import type { Request } from "express";
import { utf8Of } from "../http/body.js";
import { JSON_TYPE, OTHER_CHARSET } from "../json/payload.js";
import { readJson } from "../json/text.js";
import { HttpRefusal } from "./refusals.js";

/** What `curl -d` sends unless it is told a type: it says nothing of the body. */
const UNSAID = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

export function bodyOf(request: Request): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** A message's content type: what the header says; for what nobody said, text where it is UTF-8, bytes otherwise. No body at all is a call without arguments. */
export function contentTypeOf(request: Request, body: Buffer): string {
  const said = request.get("content-type") ?? "";
  if (UNSAID.test(said)) return isUtf8(body) ? "text/plain" : "application/octet-stream";
  return said === "" && body.length > 0 ? "application/octet-stream" : said;
}

/** The JSON of a body; an empty one is `{}`. @throws HttpRefusal 415, Refusal INVALID_ARGUMENT */
export function jsonBodyOf(request: Request): unknown {
  const body = bodyOf(request);
  if (body.length === 0) return {};
  const said = request.get("content-type") ?? "";
  const isJson = said === "" || UNSAID.test(said) || (JSON_TYPE.test(said) && !OTHER_CHARSET.test(said));
  if (!isJson) {
    throw new HttpRefusal(
      415,
      `content-type: ${JSON.stringify(said.slice(0, 128))} is not taken here; send application/json`,
      {
        accept: "application/json",
      },
    );
  }
  return readJson(utf8Of(body));
}
