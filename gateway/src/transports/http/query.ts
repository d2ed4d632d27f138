// What stands behind the `?`, read strictly: percent-encoded UTF-8, `+` for a space.
import type { IncomingMessage } from "node:http";
import { Refusal } from "../../model/errors.js";

/** Names and values in the order in which they stand. @throws Refusal INVALID_ARGUMENT */
export function queryOf({ url = "" }: Pick<IncomingMessage, "url">): [name: string, value: string][] {
  const at = url.indexOf("?");
  if (at < 0) return [];
  const pairs = url
    .slice(at + 1)
    .split("&")
    .filter((pair) => pair !== "");
  return pairs.map((pair) => {
    const [name, ...value] = pair.replaceAll("+", " ").split("=");
    return [decoded(name!, "the query"), decoded(value.join("="), name!)];
  });
}

/** @throws Refusal INVALID_ARGUMENT naming `what` */
export function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal("INVALID_ARGUMENT", `${what}: ${text.slice(0, 64)} is not percent-encoded UTF-8`);
  }
}
