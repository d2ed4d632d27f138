// Whether context attributes are those of a CloudEvent: the specification's own schema judges values; what its library lets pass is
// judged here.
import { CloudEvent, ValidationError } from "cloudevents";
import { Refusal } from "../../../model/errors.js";
import { type Context, isText } from "./text.js";
import { microseconds } from "./time.js";

const REQUIRED = ["id", "source", "type"];
const JUDGED = [...REQUIRED, "time", "subject", "datacontenttype", "dataschema"];

/** @throws Refusal INVALID_ARGUMENT naming the attributes. */
export function checkContext(context: Context, place: string): void {
  // The library would make an id, and takes any version.
  const missing = ["specversion", ...REQUIRED].filter((name) => (context[name] ?? "") === "");
  if (missing.length > 0) throw refused(place, `${missing.join(", ")}: missing; every CloudEvent has them`);
  if (context.specversion !== "1.0")
    throw refused(place, `specversion: ${JSON.stringify(context.specversion)}; 1.0 is spoken here`);
  const illegal = Object.keys(context).find((name) => !/^[a-z0-9]+$/.test(name));
  if (illegal !== undefined)
    throw refused(place, `${illegal.slice(0, 64)}: names of attributes are small letters and digits`);
  const unreadable = Object.keys(context).find((name) => !isText(context[name]!));
  if (unreadable !== undefined) throw refused(place, `${unreadable}: control characters are not taken`);
  judge(context, place);
  if (context.time !== undefined && microseconds(context.time) === undefined)
    throw refused(place, `time: there is no ${JSON.stringify(context.time)}`);
}

/** Whether it is a URI, as `dataschema` is. */
export function isAddress(text: string): boolean {
  try {
    judge({ id: "1", source: "/", type: "x", dataschema: text }, "");
    return true;
  } catch {
    return false;
  }
}

function judge(context: Context, place: string): void {
  const judged = JUDGED.filter((name) => context[name] !== undefined).map((name) => [name, context[name]]);
  try {
    new CloudEvent(Object.fromEntries(judged));
  } catch (error) {
    throw refused(place, error instanceof ValidationError ? plainly(error) : String(error));
  }
}

function plainly({ errors, message }: ValidationError): string {
  const [first] = Array.isArray(errors) ? errors : [];
  if (typeof first !== "object" || first === null) return message;
  return `${first.instancePath.slice(1)}: it ${first.message}`;
}

function refused(place: string, why: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `${place}: ${why}`);
}
