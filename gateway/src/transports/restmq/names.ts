// RestMQ's queue names and berryMQ's: what a berryMQ name may not hold is percent-escaped, so that every name has one of the other kind.
import { Refusal } from "../../model/errors.js";
import { RESERVED_NAME } from "../../model/identifier.js";
import { readQueueName } from "../../model/queue-options.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
const FORBIDDEN = /[%:*@\u0000-\u001f\u007f-\u009f]/gu;

/** The name of the broker's queue. @throws Refusal INVALID_ARGUMENT */
export function toBroker(name: string): string {
  if (name === "") throw new Refusal("INVALID_ARGUMENT", "the queue has no name; name one, such as /q/tasks");
  const escaped = name.replace(FORBIDDEN, percentEscaped);
  const own = escaped.startsWith("_") || escaped === RESERVED_NAME;
  return readQueueName(own ? percentEscaped(escaped[0]!) + escaped.slice(1) : escaped);
}

/** RestMQ's name of a broker's queue; undefined = it has none, since another name means it. */
export function fromBroker(name: string): string | undefined {
  try {
    const original = decodeURIComponent(name);
    return toBroker(original) === name ? original : undefined;
  } catch {
    return undefined;
  }
}

/** Percent-escapes every byte. */
function percentEscaped(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
