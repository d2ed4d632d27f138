// The HTTP/1.1 door: one node server, one express application, and the rooms that speak over it, in the order in which they are asked.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { type Refusal, toRefusal } from "../../model/errors.js";
import type { Log } from "../../telemetry/log.js";
import { Subscriptions } from "../json/subscriptions.js";
import { OpenStreams } from "../open-streams.js";
import type { Transport } from "../transport.js";
import { Origins } from "./origins.js";
import { problem, refused } from "./problem.js";
import type { Room, RoomContext } from "./room.js";

/** What the front page says of the gateway. */
export interface Face {
  readonly version: string;
  readonly engine: string;
}

/** Makes a room. */
export type OpenRoom = (context: RoomContext) => Room;

/** Seconds for a request's headers, and for all of it: slow senders are answered 408 and closed. */
const HEADERS_SECONDS = 10;
const REQUEST_SECONDS = 60;
const KEEP_ALIVE_SECONDS = 5;

export class HttpTransport implements Transport {
  readonly #server: Server;
  readonly #streams = new OpenStreams();
  readonly #origins: Origins;
  readonly #rooms: readonly Room[];
  readonly #drainSeconds: number;
  #draining = false;

  constructor(face: Face, rooms: readonly OpenRoom[], context: Omit<RoomContext, "streams" | "subscriptions">) {
    const { log, config } = context;
    this.#drainSeconds = config.limits.drainSeconds;
    this.#origins = new Origins(config.origins);
    const shared = { streams: this.#streams, subscriptions: new Subscriptions() };
    this.#rooms = rooms.map((open) => open({ ...context, ...shared }));
    const timeouts = {
      headersTimeout: HEADERS_SECONDS * 1000,
      requestTimeout: REQUEST_SECONDS * 1000,
      connectionsCheckingInterval: 1000,
    };
    this.#server = createServer({ ...timeouts, keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000 }, this.#app(face, log));
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    // It never listens itself, and it is `listening` that makes node watch over those timeouts.
    this.#server.emit("listening");
  }

  accept(socket: Socket): void {
    this.#server.emit("connection", socket);
    socket.resume();
  }

  drain(): void {
    this.#draining = true;
    this.#streams.drain();
    this.#server.closeIdleConnections();
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, this.#drainSeconds * 1000)));
    await Promise.race([this.#streams.empty(), late]);
    clearTimeout(timer);
    for (const room of this.#rooms) room.close?.();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #app(face: Face, log: Log): Express {
    const app = express();
    app.disable("x-powered-by");
    // A GET that takes a message must never be answered 304.
    app.disable("etag");
    app.use(named);
    app.use(this.#origins.check);
    app.get("/healthz", (_request, response) => {
      response.status(this.#draining ? 503 : 200).json({ status: this.#draining ? "draining" : "ok" });
    });
    app.all("/healthz", onlyGet);
    for (const room of this.#rooms) app.use(room.routes);
    app.get("/", (_request, response) => {
      response.json({ name: "berryMQ", ...face, health: "/healthz", grpc: "this port, with server reflection" });
    });
    app.all("/", onlyGet);
    app.use((request, response) => problem(response, 404, `there is nothing at ${request.path}`));
    app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
      if (response.headersSent) {
        log.warn({ err: error, id: response.get("x-request-id") }, "an answer was broken off");
        response.destroy();
        return;
      }
      refuse(response, error, (cause) =>
        log.error({ err: cause, path: request.path, id: response.get("x-request-id") }, "an HTTP request failed"),
      );
    });
    return app;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#origins.refusal(request);
    if (refusal === undefined && this.#rooms.some((room) => room.upgrade?.(request, socket, head))) return;
    const [status, why] = refusal ? ["403 Forbidden", refusal] : ["404 Not Found", "no WebSocket is served here"];
    const body = `${why}\r\n`;
    socket.end(
      `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }
}

/** Every answer bears the name of its request, which logs tell, too: the client's own, or a new one. */
function named(request: Request, response: Response, next: NextFunction): void {
  const given = request.get("x-request-id");
  response.set("x-request-id", given !== undefined && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID());
  next();
}

function onlyGet(request: Request, response: Response): void {
  response.set("allow", "GET, HEAD");
  problem(response, 405, `${request.method} is not for this page; GET is`);
}

/** What express and its parsers refuse keeps its status; the rest is a refusal, or a fault that is logged. */
function refuse(response: Response, error: unknown, report: (cause: unknown) => void): void {
  const status = typeof error === "object" && error !== null && "status" in error ? Number(error.status) : 500;
  if (status >= 400 && status < 500) return problem(response, status, reasonOf(status, error));
  const refusal: Refusal = toRefusal(error, report);
  refused(response, refusal);
}

function reasonOf(status: number, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return status === 413 ? `the body is too large: ${why}` : `the request could not be read: ${why}`;
}
