// The parameters after the `?`: each is known and stands once.
import { Refusal } from "../../model/errors.js";
import { queryOf } from "../http/query.js";

export type Parameters = ReadonlyMap<string, string>;

/**
 * Reads the parameters of an address.
 *
 * @param known names that may stand there.
 * @throws Refusal INVALID_ARGUMENT naming the parameter.
 */
export function parametersOf(request: { url: string }, known: readonly string[]): Parameters {
  const parameters = new Map<string, string>();
  for (const [name, value] of queryOf(request)) {
    if (!known.includes(name))
      throw refused(name, `there is no such query parameter; there are ${known.join(", ") || "none"}`);
    if (parameters.has(name)) throw refused(name, "it stands twice in the query");
    parameters.set(name, value);
  }
  return parameters;
}

function refused(name: string, why: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `${name.slice(0, 64)}: ${why}`);
}
