// How an answer of the contract is shown over HTTP: as JSON, under the status that its route says.
import type { DescMessage } from "@bufbuild/protobuf";
import type { Request, Response } from "express";
import { fromBytes, type JsonObject } from "../json/codec.js";
import { methodNamed } from "../json/descriptors.js";
import type { PayloadForm } from "../json/payload.js";
import { writeJson } from "../json/text.js";
import { HttpRefusal } from "./refusals.js";
import type { Route } from "./routes.js";

const NOTHING = Buffer.alloc(0);

/** Media types of answers. */
export const JSON_TYPE = "application/json";

export function sendJson(response: Response, status: number, value: unknown): void {
  sendBytes(response, status, JSON_TYPE, Buffer.from(writeJson(value)));
}

/** express's own `set` and `type` would add a charset, and refuse types that it does not know. */
export function sendBytes(response: Response, status: number, contentType: string, bytes: Buffer): void {
  if (contentType !== "") response.setHeader("content-type", contentType);
  response.setHeader("content-length", bytes.length);
  response.status(status).end(bytes);
}

/** Shows answers of one route. A response without fields is 204. */
export function sendAnswers(response: Response, route: Route, answers: readonly Buffer[], form: PayloadForm): void {
  const { output } = methodNamed(route.service, route.call);
  if (output.fields.length === 0) return void response.status(204).end();
  const shown = shownOf(route, output, answers, form);
  sendJson(response, route.made !== undefined && shown[route.made] === true ? 201 : 200, shown);
}

function shownOf({ gathered }: Route, output: DescMessage, answers: readonly Buffer[], form: PayloadForm): JsonObject {
  if (gathered === undefined) return fromBytes(output, answers.at(-1) ?? NOTHING, form);
  return { [gathered.as]: answers.map((answer) => fromBytes(output, answer, form)[gathered.field]) };
}

/** The first of these media types that the client takes; who names none takes all. @throws HttpRefusal 406 */
export function acceptedOf(request: Request, offered: readonly string[]): string {
  const accepted = request.accepts([...offered]);
  if (accepted !== false) return accepted;
  throw new HttpRefusal(
    406,
    `accept: ${JSON.stringify(request.get("accept")?.slice(0, 128))}; there is ${offered.join(", ")}`,
  );
}
