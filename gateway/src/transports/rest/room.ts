// The room of REST: `/v1/`. Every route of the table, what is refused of it, and its description.
import express, { type Request, type RequestHandler, type Response, type Router } from "express";
import { rawBody } from "../http/body.js";
import { CALLER_PARAMETERS, callerOf } from "../http/caller.js";
import type { Room, RoomContext } from "../http/room.js";
import { acceptedOf, JSON_TYPE, sendAnswers, sendBytes } from "./answer.js";
import { type AnsweredCall, answersOf, signalOf } from "./calling.js";
import { checkEventRequest, EVENTS_PARAMETER, eventFormOf, sendEvents } from "./cloudevents/answer.js";
import { eventsPath, takeEvents } from "./cloudevents/intake.js";
import { index, openApiDocument } from "./openapi/document.js";
import { parametersOf } from "./query.js";
import { answerRefusal, HttpRefusal } from "./refusals.js";
import { RequestReader } from "./request.js";
import { type Route, routes } from "./routes.js";

type Handler = (request: Request, response: Response) => Promise<void> | void;

export function openRest(context: RoomContext): Room {
  const router = express.Router({ strict: true, caseSensitive: true });
  const body = rawBody(context.config.limits.frameBytes);
  const handlers = new Map<string, Map<string, Handler>>();
  const add = (verb: string, path: string, handler: Handler) =>
    handlers.set(path, (handlers.get(path) ?? new Map()).set(verb, handler));
  for (const route of routes) add(route.verb, route.path, handlerOf(route, context));
  add("POST", eventsPath, (request, response) => takeEvents(request, response, context));
  add("GET", "/v1/openapi.json", page(openApiDocument()));
  add("GET", "/v1", page(index()));
  for (const [path, verbs] of handlers) addPath(router, path, verbs, body);
  router.use(answerRefusal);
  return { routes: router };
}

function addPath(router: Router, path: string, handlers: Map<string, Handler>, body: RequestHandler): void {
  const route = router.route(path.replaceAll(/\{(\w+)\}/g, ":$1"));
  for (const [verb, handler] of handlers) {
    if (verb === "GET") route.get(handler);
    else route[verb.toLowerCase() as "put" | "post" | "delete"](body, handler);
  }
  route.all(otherVerb([...handlers.keys()]));
}

function otherVerb(verbs: readonly string[]): Handler {
  const allow = [...verbs, ...(verbs.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
  return ({ method, path }, response) => {
    response.set("allow", allow);
    if (method === "OPTIONS") return void response.status(204).end();
    throw new HttpRefusal(405, `${method} is not for ${path}; there are ${allow}`);
  };
}

/** A page that stays as it is. */
function page(value: object): Handler {
  const bytes = Buffer.from(JSON.stringify(value));
  return (request, response) => {
    parametersOf(request, []);
    acceptedOf(request, [JSON_TYPE]);
    sendBytes(response, 200, JSON_TYPE, bytes);
  };
}

function handlerOf(route: Route, { contract, config, streams }: RoomContext): Handler {
  const call = contract[route.service][route.call] as AnsweredCall;
  const reader = new RequestReader(route);
  const known = [...reader.parameters, ...CALLER_PARAMETERS, ...(route.events === undefined ? [] : [EVENTS_PARAMETER])];
  return async (request, response) => {
    const parameters = parametersOf(request, known);
    const caller = callerOf(request);
    const form = eventFormOf(request, route, parameters);
    const bytes = reader.read(request, parameters);
    if (form !== undefined) checkEventRequest(form, bytes);
    const signal = signalOf(response, streams);
    const answers = await answersOf(route, call, bytes, { caller, signal, most: config.limits.frameBytes });
    if (form === undefined) sendAnswers(response, route, answers, caller.payloads);
    else sendEvents(response, form, answers[0]!);
  };
}
