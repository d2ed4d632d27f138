// Messages of a queue as CloudEvents, for a client that asks for them: structured or as a batch by its Accept header, binary by a query parameter.
import type { Request, Response } from "express";
import type { Message } from "../../../gen/berrymq/v1/message.js";
import { GetRequest, GetResponse, PeekRequest, PeekResponse } from "../../../gen/berrymq/v1/queue_service.js";
import { Refusal } from "../../../model/errors.js";
import { fromBytes, type JsonObject } from "../../json/codec.js";
import { methodNamed } from "../../json/descriptors.js";
import { writeJson } from "../../json/text.js";
import { acceptedOf, JSON_TYPE, sendBytes } from "../answer.js";
import type { Parameters } from "../query.js";
import type { Route } from "../routes.js";
import { writeBinary } from "./binary.js";
import { writeEvent } from "./structured.js";

export const STRUCTURED = "application/cloudevents+json";
export const BATCH = "application/cloudevents-batch+json";

/** The query parameter that asks for binary mode, and its one value. */
export const EVENTS_PARAMETER = "cloudevents";
export const BINARY = "binary";

/** How a client wants events, and on which route. */
export interface EventForm {
  readonly form: typeof STRUCTURED | typeof BATCH | typeof BINARY;
  readonly route: Route;
}

/** Undefined = the client wants JSON as the contract has it. @throws HttpRefusal 406, Refusal INVALID_ARGUMENT */
export function eventFormOf(request: Request, route: Route, parameters: Parameters): EventForm | undefined {
  if (route.events === undefined) return void acceptedOf(request, [JSON_TYPE]);
  const asked = parameters.get(EVENTS_PARAMETER);
  if (asked !== undefined && asked !== BINARY)
    throw new Refusal(
      "INVALID_ARGUMENT",
      `${EVENTS_PARAMETER}: ${JSON.stringify(asked.slice(0, 64))}; there is ${BINARY}`,
    );
  const form = asked ?? acceptedOf(request, [JSON_TYPE, STRUCTURED, BATCH]);
  return form === JSON_TYPE ? undefined : { form: form as EventForm["form"], route };
}

/** Whether a request may be answered with events: they bear no lease, and all forms but the batch hold one. @throws Refusal INVALID_ARGUMENT */
export function checkEventRequest({ form, route }: EventForm, request: Buffer): void {
  const { max, autoAck } =
    route.events === "deliveries" ? GetRequest.decode(request) : { ...PeekRequest.decode(request), autoAck: true };
  if (!autoAck)
    throw new Refusal("INVALID_ARGUMENT", 'auto_ack: an event bears no lease to settle; send {"auto_ack": true}');
  if (form !== BATCH && max > 1)
    throw new Refusal("INVALID_ARGUMENT", `max: ${max}; this form holds one event, ${BATCH} holds many`);
}

/** 204 where one event is asked for and there is none. */
export function sendEvents(response: Response, { form, route }: EventForm, answer: Buffer): void {
  const shown = shownOf(route, answer);
  if (form === BATCH) return sendBytes(response, 200, BATCH, asBytes(shown.map(writeEvent)));
  const [first] = shown;
  if (first === undefined) return void response.status(204).end();
  const binary = form === BINARY ? writeBinary(first, firstOf(route, answer)) : undefined;
  if (binary === undefined) return sendBytes(response, 200, STRUCTURED, asBytes(writeEvent(first)));
  for (const [name, value] of Object.entries(binary.headers)) response.setHeader(name, value);
  sendBytes(response, 200, "", binary.body);
}

function shownOf(route: Route, answer: Buffer): JsonObject[] {
  const { output } = methodNamed(route.service, route.call);
  const shown = fromBytes(output, answer)[route.events!] as JsonObject[];
  return route.events === "messages" ? shown : shown.map(({ message }) => message as JsonObject);
}

function firstOf({ events }: Route, answer: Buffer): Message {
  const [message] =
    events === "messages"
      ? PeekResponse.decode(answer).messages
      : GetResponse.decode(answer).deliveries.map(({ message }) => message!);
  return message!;
}

function asBytes(value: unknown): Buffer {
  return Buffer.from(writeJson(value));
}
