// `GET /sse/<queue>`: server-sent events (HTML standard §9.2). The key is the event's id; `Last-Event-ID` continues where a lost connection ended.
import { pythonJson } from "./python-json.js";
import { stream } from "./stream.js";
import { textOf } from "./texts.js";
import type { Visit } from "./visit.js";

/** A comment so often keeps proxies from ending what is silent, in milliseconds. */
const HEARTBEAT_MS = 15_000;

export async function serverSentEvents(visit: Visit): Promise<void> {
  const { door, request, response, name, brokerName } = visit;
  const trail = door.trails.begin(brokerName, lastIdOf(visit));
  const missed = trail.events.map(({ frame }) => frame);
  stream(visit, {
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" },
    frame: (key, body) => `id: ${lineOf(key)}\ndata: ${pythonJson({ key, value: textOf(body) })}\n\n`,
    last: "",
    left: (key, frame) => trail.add(lineOf(key), frame),
  });
  if (missed.length > 0) response.write(missed.join(""));
  const heart = setInterval(() => response.writableNeedDrain || response.write(":\n\n"), HEARTBEAT_MS);
  response.once("close", () => {
    clearInterval(heart);
    door.trails.end(trail);
  });
  request.on("error", () => response.destroy());
  door.log.debug({ queue: name, again: missed.length }, "an SSE consumer came");
}

/** An id is one line. */
function lineOf(key: string): string {
  return encodeURI(key);
}

function lastIdOf({ request, args }: Visit): string | undefined {
  const header = request.get("last-event-id");
  return header ?? args.get("last_event_id");
}
