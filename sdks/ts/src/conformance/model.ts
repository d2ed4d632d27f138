// The driver's commands of the programming model.
import { autoTwitter } from "../auto-twitter.js";
import type { Bus } from "../bus.js";
import { closeConnection, connectOneway, connectViaQueue, get, sendMessage } from "../classic.js";
import { type Condition, cond } from "../condition.js";
import type { ConnectOptions } from "../connect-options.js";
import { debugMessages } from "../debug-messages.js";
import type { Following } from "../follower.js";
import type { Message } from "../message.js";
import { kwargs } from "../payload.js";
import { twitterException } from "../twitter-exception.js";
import { takeErrors } from "../unfollow.js";
import type { Step } from "./handler.js";
import type { Record } from "./record.js";
import { ofError, ofMessage } from "./values.js";

/** In the style that the step says. */
export async function connect(bus: Bus, { url, style, pattern }: Step, options: ConnectOptions): Promise<null> {
  if (style === "oneway") await connectOneway(url, { ...options, bus });
  else if (style === "queue") await connectViaQueue(pattern, url, { ...options, bus });
  else await bus.connect(url, options);
  return null;
}

/** A handler of all patterns together. */
export function together(bus: Bus, { patterns, queue }: Step, heard: Record): Following {
  const terms: Condition[] = patterns.map((pattern: string) => cond(pattern));
  const all = terms.reduce((one, other) => one.and(other));
  // As somebody without types might call it.
  const following = bus.followingFunction as (condition: Condition, handler: unknown, options: object) => Following;
  const handler = (...messages: Message[]) => {
    for (const message of messages) heard.add(ofMessage(message));
  };
  return following.call(bus, all, handler, queue === undefined ? {} : { queue });
}

/** Those that need no more than the bus. */
export const modelCommands: { readonly [name: string]: (bus: Bus, command: Step) => unknown } = {
  pull: async (bus, { timeout }) => {
    const message = await get({ bus, ...(timeout === undefined ? {} : { timeout }) });
    return message ? ofMessage(message) : null;
  },
  send_message: async (bus, { identifier, args, kwargs: values }) => {
    const { messageId, followers, queues } = await sendMessage(identifier, args, values, { bus });
    return { message_id: messageId, followers, queues };
  },
  close_connection: async (bus) => {
    await closeConnection({ bus });
    return null;
  },
  debug_messages: (bus, { on }) => {
    debugMessages(on, { bus });
    return null;
  },
  take_errors: (bus) =>
    takeErrors({ bus }).map(({ error, message }) => {
      const { reason, message: text } = ofError(error);
      return { reason: reason === "INTERNAL" ? null : reason, text, id: message.id };
    }),
  told: (bus, { identifier, entry, exit, returns, raises, args = [], kwargs: values }) => {
    const f = autoTwitter(identifier, { entry, exit, bus })(called(returns, raises));
    return f(...args, ...(values ? [kwargs(values)] : [])) ?? null;
  },
  told_exception: (bus, { identifier, raises, reraise, with_traceback: withTraceback }) => {
    const f = twitterException(identifier, { reraise, withTraceback, bus })(called(undefined, raises));
    return f() ?? null;
  },
};

function called(returns: unknown, raises: string | undefined): (...args: unknown[]) => unknown {
  return () => {
    if (raises !== undefined) throw new Error(raises);
    return returns;
  };
}
