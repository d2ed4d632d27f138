// `/ws/<queue>`: WebSocket (RFC 6455). Messages go out as text frames; what the client sends is echoed to it and goes nowhere else.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { MAX_ECHO_BYTES } from "../../limits.js";
import type { Outlet } from "../../service/live-consumer.js";
import type { Door } from "./door.js";
import { toBroker } from "./names.js";
import { pythonJson } from "./python-json.js";
import { replyError } from "./replies.js";
import { textOf } from "./texts.js";
import { restOf, splitUrl, type Visit } from "./visit.js";

const PREFIX = "/ws/";
/** The versions that RFC 6455's wire has had. */
const VERSIONS = ["13", "8"];
const PING_MS = 30_000;
const [NORMAL, GOING_AWAY, TOO_SLOW] = [1000, 1001, 1008];

/** Somebody came without asking for an upgrade. */
export async function noUpgrade({ response }: Visit): Promise<void> {
  replyError(response, 403, "Expected WebSocket Headers");
}

export class WebSockets {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_ECHO_BYTES, perMessageDeflate: false });

  constructor(readonly door: Door) {}

  /** False = the path is not this door's. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const { path } = splitUrl(request.url ?? "");
    if (!path.startsWith(PREFIX)) return false;
    const version = request.headers["sec-websocket-version"];
    if (request.headers.upgrade?.toLowerCase() === "websocket" && !VERSIONS.includes(version ?? "")) {
      refuse(socket, "426 Upgrade Required", `Sec-WebSocket-Version: ${VERSIONS.join(", ")}\r\n`);
      return true;
    }
    try {
      const name = restOf(path, PREFIX);
      const queue = toBroker(name);
      this.#server.handleUpgrade(request, socket, head, (peer) => serve(this.door, peer, name, queue));
    } catch {
      refuse(socket, "400 Bad Request");
    }
    return true;
  }
}

function serve(door: Door, peer: WebSocket, name: string, queue: string): void {
  const consumer = door.consume(queue, outletOf(peer, name), () =>
    peer.close(GOING_AWAY, "the gateway is about to stop"),
  );
  let alive = true;
  const pinging = setInterval(() => {
    if (!alive) return peer.terminate();
    alive = false;
    peer.ping();
  }, PING_MS);
  peer.on("pong", () => (alive = true));
  peer.on("message", (data, isBinary) => echo(peer, data as Buffer, isBinary));
  peer.on("error", () => peer.terminate());
  peer.on("close", () => {
    clearInterval(pinging);
    consumer.close();
  });
}

function outletOf(peer: WebSocket, name: string): Outlet {
  return {
    write: ({ body, number }, written) => {
      const text = pythonJson({ key: `${name}:${number}`, value: textOf(body) });
      // A write that was under way when its socket was destroyed is called back without an error.
      peer.send(text, (error) => written(!error && peer.readyState === peer.OPEN));
    },
    stalled: () => peer.terminate(),
    purged: () => peer.close(NORMAL, "the queue was purged"),
  };
}

/** A client that does not read its own echo is read no further. */
function echo(peer: WebSocket, data: Buffer, binary: boolean): void {
  if (peer.bufferedAmount > MAX_ECHO_BYTES) return peer.close(TOO_SLOW, "it does not read what is echoed");
  peer.pause();
  peer.send(data, { binary }, () => peer.resume());
}

function refuse(socket: Duplex, status: string, headers = ""): void {
  socket.end(`HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
