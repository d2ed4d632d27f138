// Who calls over HTTP: two headers or, since a browser cannot set those of a WebSocket, two query parameters.
import type { IncomingMessage } from "node:http";
import { Refusal } from "../../model/errors.js";
import { type Caller, readCaller } from "../../service/caller.js";
import { decoded, queryOf } from "./query.js";

/** Query parameters that belong to every page of the JSON doors. */
export const CALLER_PARAMETERS = ["session", "ident"] as const;

/** A header goes before a parameter. @throws Refusal INVALID_ARGUMENT */
export function callerOf(request: Pick<IncomingMessage, "headers" | "url">): Caller {
  const query = new Map(queryOf(request));
  const [session, ident] = CALLER_PARAMETERS.map((name) => headerOf(request, name) ?? query.get(name) ?? "");
  return readCaller(session!, ident!);
}

function headerOf({ headers }: Pick<IncomingMessage, "headers">, name: string): string | undefined {
  const value = headers[`berrymq-${name}`];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || /[^\x20-\x7e]/.test(value))
    throw new Refusal("INVALID_ARGUMENT", `berrymq-${name}: percent-encode what is not ASCII`);
  return decoded(value, `berrymq-${name}`);
}
