// The HTTP/1.1 door. Today it tells who is there and whether it is well; the JSON doors come to stand here.
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Log } from "../../telemetry/log.js";
import type { Transport } from "../transport.js";

/** What the front page says of the gateway. */
export interface Face {
  readonly version: string;
  readonly engine: string;
}

/** Seconds for a request's headers, and for all of it: slow senders are answered 408 and closed. */
const HEADERS_SECONDS = 10;
const REQUEST_SECONDS = 60;
const KEEP_ALIVE_SECONDS = 5;

export class HttpTransport implements Transport {
  readonly #server: Server;
  #draining = false;

  constructor(face: Face, log: Log) {
    const timeouts = {
      headersTimeout: HEADERS_SECONDS * 1000,
      requestTimeout: REQUEST_SECONDS * 1000,
      connectionsCheckingInterval: 1000,
    };
    this.#server = createServer({ ...timeouts, keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000 }, this.#app(face, log));
    // It never listens itself, and it is `listening` that makes node watch over those timeouts.
    this.#server.emit("listening");
  }

  accept(socket: Socket): void {
    this.#server.emit("connection", socket);
    socket.resume();
  }

  drain(): void {
    this.#draining = true;
    this.#server.closeIdleConnections();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #app(face: Face, log: Log): Express {
    const app = express();
    app.disable("x-powered-by");
    app.get("/", (_request, response) => {
      response.json({ name: "berryMQ", ...face, health: "/healthz", grpc: "this port, with server reflection" });
    });
    app.get("/healthz", (_request, response) => {
      response.status(this.#draining ? 503 : 200).json({ status: this.#draining ? "draining" : "ok" });
    });
    app.use(["/", "/healthz"], onlyGet);
    app.use((request, response) => problem(response, 404, `there is nothing at ${request.path}`));
    app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
      log.warn({ err: error }, "an HTTP request failed");
      problem(response, statusOf(error), "the request could not be read");
    });
    return app;
  }
}

function onlyGet(request: Request, response: Response, next: NextFunction): void {
  if (request.path !== "/" || request.method === "GET" || request.method === "HEAD") return next();
  response.set("allow", "GET, HEAD");
  problem(response, 405, `${request.method} is not for this page; GET is`);
}

/** A refusal as RFC 9457 writes it. */
function problem(response: Response, status: number, detail: string): void {
  response
    .status(status)
    .type("application/problem+json")
    .send(JSON.stringify({ type: "about:blank", status, detail }));
}

/** What express and its parsers say of a bad request; anything else is a fault of ours. */
function statusOf(error: unknown): number {
  const status = typeof error === "object" && error !== null && "status" in error ? Number(error.status) : 500;
  return status >= 400 && status < 500 ? status : 500;
}
