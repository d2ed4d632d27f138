// The berryMQ 0.3 door: JSON-RPC 1.0 by POST to `/JSON`, and to `/` as far as RestMQ's forms do not go there. Its clients send `text/xml`,
// whatever they send, so the content type decides nothing but that.
import { type NextFunction, type Request, type RequestHandler, type Response, Router } from "express";
import { type Clock, systemClock } from "../../model/clock.js";
import { Refusal, toRefusal } from "../../model/errors.js";
import { rawBody, utf8Of } from "../http/body.js";
import { problem } from "../http/problem.js";
import type { Room, RoomContext } from "../http/room.js";
import { readJson } from "../json/text.js";
import { Calls } from "./calls.js";
import type { Travelled } from "./message.js";
import { Fault, faultOf, idOf, namesMethod, readRequest, writeFault, writeResult } from "./rpc.js";
import { waiting } from "./waiting.js";

const FORMS = ["application/x-www-form-urlencoded", "multipart/form-data"];

export function berrymq03Room(context: RoomContext, clock: Clock = systemClock): Room {
  const calls = new Calls({ ...context, clock });
  const routes = Router();
  const body = readBody(context.config.limits.frameBytes);
  const answer: RequestHandler = (request, response, next) => answerOne(calls, context, request, response).catch(next);
  routes.post("/JSON", body, parse, answer);
  routes.all("/JSON", (request, response) => {
    response.set("allow", "POST");
    problem(response, 405, `${request.method} is not for this page; POST is`);
  });
  routes.post("/", notForms, body, parse, ours, answer);
  return { routes, close: () => calls.close() };
}

function notForms(request: Request, _response: Response, next: NextFunction): void {
  next(request.is(FORMS) ? "router" : undefined);
}

/** A body that cannot be had is answered as everything else is; the status tells which of them it was. */
function readBody(limit: number): RequestHandler {
  const read = rawBody(limit);
  return (request, response, next) => {
    read(request, response, (error?: unknown) => {
      if (error === undefined) return next();
      const { status = 500, message = "" } = error as { status?: number; message?: string };
      if (status >= 500) return next(error);
      const fault = new Fault(status === 413 ? "MessageTooLarge" : "InvalidRequest", `the body: ${message}`);
      send(response, status, writeFault(null, fault));
    });
  };
}

type Parsed = { readonly value: unknown } | { readonly refusal: Refusal };

/** Leaves what the body says, or why it says nothing, in `response.locals`. */
function parse(request: Request, response: Response, next: NextFunction): void {
  response.locals.parsed = parsedOf(request);
  next();
}

function parsedOf(request: Request): Parsed {
  try {
    return { value: readJson(utf8Of(bodyOf(request))) };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

/** At `/` a body without a content type, or JSON without a method, may be somebody else's. */
function ours(request: Request, response: Response, next: NextFunction): void {
  const parsed: Parsed = response.locals.parsed;
  const foreign = "value" in parsed ? !namesMethod(parsed.value) : request.get("content-type") === undefined;
  next(foreign ? "router" : undefined);
}

/** Absent, it is an empty one. */
function bodyOf({ body }: Request): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

async function answerOne(calls: Calls, { streams, log }: RoomContext, request: Request, response: Response) {
  const parsed: Parsed = response.locals.parsed;
  if ("refusal" in parsed)
    return send(response, 400, writeFault(null, new Fault("ParseError", parsed.refusal.message)));
  const wait = waiting(response, streams);
  const id = idOf(parsed.value);
  try {
    const circumstances = { signal: wait.signal, travelled: travelledOf(request) };
    send(response, 200, writeResult(id, await calls.answer(readRequest(parsed.value), circumstances)));
  } catch (error) {
    const failed = (cause: unknown) =>
      log.error({ err: cause, id: response.get("x-request-id") }, "a berryMQ 0.3 call failed");
    const fault = error instanceof Fault ? error : faultOf(toRefusal(error, failed));
    send(response, 200, writeFault(id, fault));
  } finally {
    wait.end();
  }
}

/** @throws Refusal INVALID_ARGUMENT */
function travelledOf(request: Request): Travelled | undefined {
  const [id, hops] = [request.get("berrymq-id"), request.get("berrymq-hops")];
  if (id === undefined && hops === undefined) return undefined;
  if (!/^\d{1,9}$/.test(hops ?? "0")) {
    throw new Refusal("INVALID_ARGUMENT", `berrymq-hops: a number is expected, not ${JSON.stringify(hops)}`);
  }
  try {
    return { id: decodeURIComponent(id ?? ""), hops: Number(hops ?? 0) };
  } catch {
    throw new Refusal("INVALID_ARGUMENT", "berrymq-id: it is not percent-encoded UTF-8");
  }
}

function send(response: Response, status: number, text: string): void {
  if (!response.destroyed) response.status(status).type("json").send(text);
}
