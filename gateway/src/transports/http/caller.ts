// Who calls over HTTP: two headers or, since a browser cannot set those of a WebSocket, two query parameters.
import type { IncomingMessage } from "node:http";
import { Refusal } from "../../model/errors.js";
import { type Caller, readCaller } from "../../service/caller.js";
import type { PayloadForm } from "../json/payload.js";
import { decoded, queryOf } from "./query.js";

/** Query parameters that belong to every page of the JSON doors. */
export const CALLER_PARAMETERS = ["session", "ident", "payload"] as const;

/** Who calls, and how it wants to be shown payloads. */
export interface JsonCaller extends Caller {
  readonly payloads: PayloadForm;
}

/** A header goes before a parameter. @throws Refusal INVALID_ARGUMENT */
export function callerOf(request: Pick<IncomingMessage, "headers" | "url">): JsonCaller {
  const query = new Map(queryOf(request));
  const [session, ident, form] = CALLER_PARAMETERS.map((name) => headerOf(request, name) ?? query.get(name) ?? "");
  return { ...readCaller(session!, ident!), payloads: payloadForm(form!) };
}

function payloadForm(form: string): PayloadForm {
  if (form === "" || form === "readable") return "readable";
  if (form === "base64") return form;
  throw new Refusal("INVALID_ARGUMENT", `payload: ${JSON.stringify(form.slice(0, 64))} is none of readable, base64`);
}

function headerOf({ headers }: Pick<IncomingMessage, "headers">, name: string): string | undefined {
  const value = headers[`berrymq-${name}`];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || /[^\x20-\x7e]/.test(value))
    throw new Refusal("INVALID_ARGUMENT", `berrymq-${name}: percent-encode what is not ASCII`);
  return decoded(value, `berrymq-${name}`);
}
