// Functions whose exceptions are told.
import { named, type Telling } from "./auto-twitter.js";
import type { AnyBus } from "./bus.js";
import { checkWrapped } from "./decorating.js";
import { defaultBus } from "./default-bus.js";
import { parseIdentifier } from "./identifier.js";
import { kwargs } from "./payload.js";
import { described } from "./thrown.js";

/** What is told, and where. */
export interface TwitterExceptionOptions {
  /** True = the caller gets it, too. Default false: the function then returns undefined. */
  readonly reraise?: boolean | undefined;
  /** False = without the stack. Default true. */
  readonly withTraceback?: boolean | undefined;
  /** Absent = the default bus. */
  readonly bus?: AnyBus | undefined;
}

/**
 * Tells of what a function, `twitterException("load:failed")(load)`, or a decorated method throws, or its promise is rejected with:
 * `args[0]` is a list of the lines that the runtime prints, kwargs are `type`, `value` and `traceback`, as text.
 *
 * @throws InvalidIdentifier; InvalidArgument where there is no method
 */
export function twitterException(identifier: string, options: TwitterExceptionOptions = {}): Telling {
  const { reraise = false, withTraceback = true, bus = defaultBus } = options;
  parseIdentifier(identifier);
  const tell = (error: unknown): void => {
    void bus.publish(identifier, ...told(error, withTraceback));
    if (reraise) throw error;
  };
  return (f, context) => {
    checkWrapped("twitterException", f, context);
    return named(f, function (this: unknown, ...args: unknown[]) {
      try {
        const result = f.apply(this, args);
        return result instanceof Promise ? result.catch(tell) : result;
      } catch (error) {
        return tell(error);
      }
    });
  };
}

/** The arguments of the message. Anything may be thrown. */
function told(thrown: unknown, withTraceback: boolean): unknown[] {
  const { className: type, text: value, stack } = described(thrown);
  const traceback = withTraceback ? stack : "";
  return [(traceback || `${type}: ${value}`).split("\n"), kwargs({ type, value, traceback })];
}
