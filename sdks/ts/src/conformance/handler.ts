// The driver's handler: does what the step says, to the first `times` deliveries.
import type { Handler } from "../follower.js";
import type { Message } from "../message.js";
import { Reject, Release, Retry } from "../verdicts.js";
import type { Record } from "./record.js";
import { ofMessage } from "./values.js";

// biome-ignore lint/suspicious/noExplicitAny: a command is whatever the case says; the runner checks what comes of it
export type Step = { readonly [key: string]: any };

export function handlerOf(step: Step, heard: Record): Handler {
  const { returns, echo, hold, forwards, times = Number.POSITIVE_INFINITY } = step;
  let deliveries = 0;
  return (message: Message) => {
    heard.add(ofMessage(message));
    deliveries++;
    const result = () => {
      if (deliveries <= times) refuse(step);
      if (forwards !== undefined) return message.twitter(forwards, ...message.args).then(() => null);
      return echo ? message.args[0] : returns;
    };
    if (hold === undefined) return result();
    return new Promise((resolve) => setTimeout(resolve, hold * 1000)).then(result);
  };
}

function refuse({ raises, raise_retry: after, reject, release }: Step): void {
  if (raises !== undefined) throw new Error(raises);
  if (after !== undefined) throw new Retry(after ?? undefined);
  if (reject !== undefined) throw new Reject(reject);
  if (release) throw new Release();
}
