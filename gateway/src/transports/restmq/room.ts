// The room of RestMQ's clients: finds the route, reads the arguments, and tells what went wrong on RestMQ's own error page.
import { type NextFunction, type Request, type Response, Router } from "express";
import { Refusal, toRefusal } from "../../model/errors.js";
import { rawBody } from "../http/body.js";
import { statusOf } from "../http/problem.js";
import type { Room, RoomContext } from "../http/room.js";
import { Arguments } from "./arguments.js";
import { Door } from "./door.js";
import { replyError } from "./replies.js";
import { findRoute, frontMethods, type Handler } from "./routes.js";
import { argumentsOf, bodyOf, restOf, splitUrl, Visit } from "./visit.js";
import { WebSockets } from "./websocket.js";

export function restmqRoom({ services, streams, config, log }: RoomContext): Room {
  const door = new Door(services.keyedQueues, streams, config.limits, log);
  const sockets = new WebSockets(door);
  const routes = Router();
  // A form's percent-encoding makes a text three times as long at most.
  const read = rawBody(3 * config.limits.messageBytes);
  routes.use((request, response, next) => {
    serve(door, read, request, response, next).catch((error: unknown) => fail(door, request, response, error));
  });
  return { routes, upgrade: (request, socket, head) => sockets.upgrade(request, socket, head) };
}

type ReadBody = ReturnType<typeof rawBody>;

async function serve(door: Door, read: ReadBody, request: Request, response: Response, next: NextFunction) {
  const { path, query } = splitUrl(request.url);
  if (path === "/") return serveFront(door, read, request, response, next);
  const route = findRoute(path);
  if (route === undefined) return next();
  if (route === "missing") return replyError(response, 404, `there is nothing at ${path}; RestMQ's is ${path}/`);
  const handler = route.methods[request.method];
  if (handler === undefined) return refuseMethod(request, response, Object.keys(route.methods));
  if (request.method === "POST") await readInto(read, request, response);
  const args = path.startsWith("/xmlrpc") ? new Arguments([]) : await argumentsOf(request, query);
  await run(door, handler, new Visit(door, request, response, restOf(path, route.prefix), args));
}

async function serveFront(door: Door, read: ReadBody, request: Request, response: Response, next: NextFunction) {
  const { query } = splitUrl(request.url);
  if (request.method === "POST") {
    await readInto(read, request, response);
    if (isCall(request)) return next();
  } else if (request.method === "HEAD" && query === "") return next();
  const args = await argumentsOf(request, query);
  const named = args.get("queue") !== undefined;
  const handler = frontMethods(request.method, named, /\btext\/html\b/i.test(request.get("accept") ?? ""));
  if (handler !== undefined) return run(door, handler, new Visit(door, request, response, "", args));
  if (named) refuseMethod(request, response, ["GET", "POST"]);
  else next();
}

async function run(door: Door, handler: Handler, visit: Visit): Promise<void> {
  door.watch(visit.response);
  await handler(visit);
}

function readInto(read: ReadBody, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    read(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
}

const FORM = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i;

/** A JSON object with a method is berryMQ 0.3's or JSON-RPC's, whatever content type it comes under but a form's. */
function isCall(request: Request): boolean {
  const body = bodyOf(request);
  if (FORM.test(request.get("content-type") ?? "") || !body.includes('"method"')) return false;
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === "object" && value !== null && "method" in value;
  } catch {
    return false;
  }
}

function refuseMethod(request: Request, response: Response, allowed: readonly string[]): void {
  response.setHeader("Allow", allowed.join(", "));
  replyError(response, 405, `${request.method} is not for this path; ${allowed.join(", ")} are`);
}

function fail({ log }: Door, request: Request, response: Response, error: unknown): void {
  if (response.headersSent) {
    log.warn({ err: error, path: request.path }, "a RestMQ answer was broken off");
    response.destroy();
    return;
  }
  const told = typeof error === "object" && error !== null && "status" in error ? Number(error.status) : 0;
  if (!(error instanceof Refusal) && told >= 400 && told < 500) return replyError(response, told, String(error));
  const refusal = toRefusal(error, (cause) => log.error({ err: cause, path: request.path }, "a RestMQ request failed"));
  replyError(response, statusOf(refusal), refusal.message);
}
