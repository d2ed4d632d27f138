// Whether the peer of a WebSocket is there still: asked now and then (RFC 6455 §5.5.2), it answers, says or takes something, or has vanished.
import type { Socket } from "node:net";
import type { WebSocket } from "ws";

const INTERVAL_MS = 30_000;

export class Liveness {
  readonly #pinging: NodeJS.Timeout;
  #heard = true;
  /** Bytes that had left at the last ping. */
  #left = 0;

  constructor(
    readonly webSocket: WebSocket,
    readonly socket: Socket,
    /** True while the gateway itself reads nothing, and could not hear an answer. */
    readonly deaf: () => boolean,
  ) {
    const heard = () => (this.#heard = true);
    webSocket.on("message", heard);
    webSocket.on("pong", heard);
    this.#pinging = setInterval(() => this.#ping(), INTERVAL_MS);
    webSocket.on("close", () => clearInterval(this.#pinging));
  }

  #ping(): void {
    const left = this.socket.bytesWritten - this.socket.writableLength;
    if (!this.#heard && left <= this.#left && !this.deaf()) return this.webSocket.terminate();
    this.#heard = false;
    if (this.webSocket.readyState === this.webSocket.OPEN) this.webSocket.ping();
    this.#left = this.socket.bytesWritten - this.socket.writableLength;
  }
}
