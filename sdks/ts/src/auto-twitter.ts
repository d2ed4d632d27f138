// Functions whose calls are told: what they are called with before, what they return after.
import type { AnyBus } from "./bus.js";
import { checkWrapped } from "./decorating.js";
import { defaultBus } from "./default-bus.js";
import { InvalidArgument } from "./errors.js";
import { parseIdentifier } from "./identifier.js";

/** What is told, and where. */
export interface AutoTwitterOptions {
  /** Tell before the call, with its arguments. Both flags or neither = both. */
  readonly entry?: boolean | undefined;
  /** Tell after it, with its result. */
  readonly exit?: boolean | undefined;
  /** Absent = the default bus. */
  readonly bus?: AnyBus | undefined;
}

/** Any function or method. */
// biome-ignore lint/suspicious/noExplicitAny: whatever it takes and returns stays as it is
export type AnyFunction = (this: any, ...args: any[]) => any;

/** Wraps a function, or decorates a method. */
export type Telling = <F extends AnyFunction>(f: F, context?: ClassMethodDecoratorContext) => F;

/**
 * Tells of the calls of a function, `autoTwitter("load")(load)`, or, as a decorator, of a method: `load:entry` before with its
 * arguments, `load:exit` after with its result as the only one. An identifier `load:entry` or `load:exit` tells that one.
 *
 * The function returns what it returned. One that throws tells no exit; one that returns a promise tells it when that is fulfilled.
 *
 * @throws InvalidIdentifier; InvalidArgument of another action, or where there is no method
 */
export function autoTwitter(identifier: string, options: AutoTwitterOptions = {}): Telling {
  const { bus = defaultBus } = options;
  const { subject, entry, exit } = whatToTell(identifier, options);
  return (f, context) => {
    checkWrapped("autoTwitter", f, context);
    return named(f, function (this: unknown, ...args: unknown[]) {
      if (entry) void bus.publish(`${subject}:entry`, ...args);
      return afterwards(f.apply(this, args), (result) => {
        if (exit) void bus.publish(`${subject}:exit`, result);
      });
    });
  };
}

/** The same function to who looks at it, doing something else. */
export function named<F extends AnyFunction>(f: F, other: AnyFunction): F {
  for (const key of ["name", "length"] as const)
    Object.defineProperty(other, key, { value: f[key], configurable: true });
  return other as F;
}

/** Tells of a result, of a promise's when it is fulfilled; returns it, or a promise of it. */
function afterwards(result: unknown, tell: (result: unknown) => void): unknown {
  if (result instanceof Promise) {
    return result.then((value) => {
      tell(value);
      return value;
    });
  }
  tell(result);
  return result;
}

function whatToTell(identifier: string, { entry = false, exit = false }: AutoTwitterOptions) {
  const { text, action } = parseIdentifier(identifier);
  const subject = text.includes(":") ? text.slice(0, text.lastIndexOf(":")) : text;
  if (action === "entry" || action === "exit") return { subject, entry: action === "entry", exit: action === "exit" };
  if (action !== "*") {
    throw new InvalidArgument(
      `autoTwitter tells of entry and exit, not of ${JSON.stringify(action)}; give ${JSON.stringify(subject)} alone`,
    );
  }
  return { subject, entry: entry || !exit, exit: exit || !entry };
}
