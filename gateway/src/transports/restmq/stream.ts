// An answer that stays open, and the messages that are written to it, each in a write of its own: COMET and SSE.
import type { ServerResponse } from "node:http";
import type { Outlet } from "../../service/live-consumer.js";
import type { Visit } from "./visit.js";

/** Finds out about a peer that is gone without a word, in milliseconds. */
const KEEP_ALIVE_MS = 30_000;

export interface Format {
  readonly headers: Record<string, string>;
  /** One message as it is written. */
  frame(key: string, body: Buffer): string;
  /** What is written when the queue is purged. */
  readonly last: string;
  /** Told what has left. */
  left?(key: string, frame: string): void;
}

/** Opens the answer at once, so that the client knows that it listens. */
export function stream({ door, name, brokerName, request, response }: Visit, format: Format): void {
  response.writeHead(200, format.headers);
  response.flushHeaders();
  request.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  const consumer = door.consume(brokerName, outletOf(response, name, format), () => response.end());
  response.once("close", () => consumer.close());
}

function outletOf(response: ServerResponse, name: string, { frame, last, left }: Format): Outlet {
  return {
    write: ({ body, number }, written) => {
      const key = `${name}:${number}`;
      const text = frame(key, body);
      response.write(text, (error) => {
        // A write that was under way when its socket was destroyed is called back without an error.
        const gone = Boolean(error) || response.req.socket.destroyed;
        if (!gone) left?.(key, text);
        written(!gone);
      });
    },
    stalled: () => response.destroy(),
    purged: () => response.end(last),
  };
}
