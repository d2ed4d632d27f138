// `GET /c/<queue>`: COMET. One JSON object and CRLF for each message, chunked for HTTP/1.1 and until the end of the connection for HTTP/1.0; nothing in between, since clients parse whatever a read brings.
import { pythonJson } from "./python-json.js";
import { CRLF, called } from "./replies.js";
import { stream } from "./stream.js";
import { textOf } from "./texts.js";
import type { Visit } from "./visit.js";

export async function comet(visit: Visit): Promise<void> {
  const { callback } = visit;
  const write = (value: unknown) => (callback === undefined ? pythonJson(value) : called(callback, value)) + CRLF;
  stream(visit, {
    headers: { "Content-Type": "text/plain" },
    frame: (key, body) => write({ key, value: textOf(body) }),
    last: write(null),
  });
}
