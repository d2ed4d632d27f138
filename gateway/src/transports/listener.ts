// One port for everything: the first bytes of a connection choose the transport. `PRI` begins HTTP/2's preface (RFC 9113 §3.4), and no
// HTTP/1.1 request begins so; whatever else comes is HTTP/1.1's to answer.
import { createServer, type Server, type Socket } from "node:net";
import type { Limits } from "../limits.js";
import type { Log } from "../telemetry/log.js";
import type { Transport } from "./transport.js";

const HTTP2_PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
/** So many bytes decide; a connection that has sent fewer is waited for. */
const DECIDING = 3;

export interface Doors {
  readonly http2: Transport;
  readonly http1: Transport;
}

export class Listener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(
    readonly doors: Doors,
    readonly limits: Pick<Limits, "connections" | "sniffSeconds">,
    readonly log: Log,
  ) {
    this.#server = createServer({ noDelay: true, pauseOnConnect: false }, (socket) => this.#greet(socket));
    this.#server.maxConnections = limits.connections;
    this.#server.on("drop", () =>
      log.warn({ limit: limits.connections }, "a connection was refused: too many are open"),
    );
  }

  /** Binds; tells the port, which is a free one when 0 was asked for. */
  async open(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the listener has no port");
    return address.port;
  }

  /** Accepts no more connections; those that are open go on. */
  drain(): void {
    this.#server.close();
  }

  /** Ends every connection. Idempotent. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #greet(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", (error) => this.log.debug({ err: error }, "a connection failed"));
    const patience = setTimeout(() => {
      this.log.info(
        { peer: socket.remoteAddress },
        "a connection said too little to be understood in time; it was closed",
      );
      socket.destroy();
    }, this.limits.sniffSeconds * 1000);
    socket.on("close", () => clearTimeout(patience));
    this.#sniff(socket, Buffer.alloc(0), patience);
  }

  #sniff(socket: Socket, before: Buffer, patience: NodeJS.Timeout): void {
    socket.once("data", (chunk: Buffer) => {
      socket.pause();
      const seen = Buffer.concat([before, chunk]);
      const http2 = startsAlike(seen, HTTP2_PREFACE);
      const undecided = http2 && seen.length < (seen.length < DECIDING ? DECIDING : HTTP2_PREFACE.length);
      if (undecided) {
        this.#sniff(socket, seen, patience);
        socket.resume();
        return;
      }
      clearTimeout(patience);
      socket.unshift(seen);
      (http2 ? this.doors.http2 : this.doors.http1).accept(socket);
    });
  }
}

/** Whether the two agree as far as both go. */
function startsAlike(one: Buffer, other: Buffer): boolean {
  const length = Math.min(one.length, other.length);
  return one.compare(other, 0, length, 0, length) === 0;
}
