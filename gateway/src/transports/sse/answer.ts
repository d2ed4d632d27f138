// One answer of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
import type { Response } from "express";

/** Proxies end an answer in which nothing comes for a minute; a comment is nothing that a client sees. */
const HEARTBEAT_MS = 15_000;
const COMMENT = ":\n\n";

/** The head of an answer that stays open; neither caches nor proxies hold it back. */
export function sendHead(response: Response): void {
  response.status(200).set({
    "content-type": "text/event-stream",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
  });
  response.flushHeaders();
}

export class SseAnswer {
  readonly #heartbeat: NodeJS.Timeout;

  constructor(
    readonly response: Response,
    readonly unsentBytes: number,
  ) {
    sendHead(response);
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    response.on("close", () => clearInterval(this.#heartbeat));
  }

  /** False while it holds as many unsent bytes as it may, and once it is over. */
  get ready(): boolean {
    return this.response.writable && this.response.writableLength < this.unsentBytes;
  }

  /** @param data JSON, which has no line breaks */
  send(name: string, data: string, id?: string): void {
    if (!this.response.writable) return;
    this.response.write(`event: ${name}\n${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`);
  }

  end(): void {
    this.response.end();
  }

  /** What was not taken yet is lost. */
  destroy(): void {
    this.response.destroy();
  }

  #beat(): void {
    if (this.ready) this.response.write(COMMENT);
  }
}
