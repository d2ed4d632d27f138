// RestMQ's replies: plain text and JSON under text/html, CRLF at the end, JSONP, and errors as a small page.
import { type ServerResponse, STATUS_CODES } from "node:http";
import { Refusal } from "../../model/errors.js";
import { pythonJson } from "./python-json.js";

export const HTML = "text/html; charset=UTF-8";
export const JSON_CONTENT = "application/json";
export const CRLF = "\r\n";

/** Replies hold what anybody added: a browser that is led to one runs nothing of it. A page that loads one as JSONP is not bound. */
const INERT = "default-src 'none'; sandbox";

export function reply(response: ServerResponse, body: string, contentType: string = HTML, status = 200): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    "Content-Type": contentType,
    "Content-Length": bytes.length,
    "Content-Security-Policy": INERT,
  });
  response.end(bytes);
}

/** Text that is no JSON, such as a key: as it is, or as a JSON text for the callback. */
export function replyText(response: ServerResponse, text: string, callback: string | undefined): void {
  reply(response, (callback === undefined ? text : called(callback, text)) + CRLF);
}

export function replyJson(response: ServerResponse, value: unknown, callback: string | undefined): void {
  reply(response, (callback === undefined ? pythonJson(value) : called(callback, value)) + CRLF);
}

/** `cb(<json>);` */
export function called(callback: string, value: unknown): string {
  return `${callback}(${pythonJson(value)});`;
}

const CALLBACK = /^[\w$][\w$.[\]]{0,127}$/;

/** @throws Refusal INVALID_ARGUMENT for what could be more than a function's name */
export function checkCallback(callback: string | undefined): string | undefined {
  if (callback === undefined || CALLBACK.test(callback)) return callback;
  throw new Refusal(
    "INVALID_ARGUMENT",
    `callback: ${JSON.stringify(callback.slice(0, 64))} is no function's name; use letters, digits, _ $ . [ ], at most 128`,
  );
}

export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { Location: location, "Content-Type": HTML, "Content-Length": 0 });
  response.end();
}

/** The page that RestMQ showed for an error; the reason, for people, stands in a header beside it. */
export function replyError(response: ServerResponse, status: number, why: string): void {
  const title = `${status}: ${STATUS_CODES[status] ?? "Unknown"}`;
  response.setHeader("Berrymq-Error", pythonJson(why));
  reply(response, `<html><title>${title}</title><body>${title}</body></html>`, HTML, status);
}

export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (letter) => entities[letter]!);
}
