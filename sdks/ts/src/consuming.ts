// Deliveries of one queue, over lost connections and gateways that come back, until a signal says that it is enough.
import type { Clock } from "./clock.js";
import type { Keeper } from "./queue.js";
import type { Consumer, Handed } from "./transports/queue-calls.js";

/** Seconds before a lost stream of deliveries is opened again. */
const AGAIN = 0.2;

/** One delivery and the stream that it came by, on which it is settled and credit is given. */
export interface Consumed {
  readonly handed: Handed;
  readonly consumer: Consumer;
}

/** @param stop ends it: what was not settled goes back to the queue */
export async function* consuming(
  keeper: Keeper,
  credit: number,
  autoAck: boolean,
  stop: AbortSignal,
): AsyncGenerator<Consumed, void, undefined> {
  while (!stop.aborted) {
    let consumer: Consumer | undefined;
    const close = () => consumer?.close();
    stop.addEventListener("abort", close, { once: true });
    try {
      consumer = keeper.consume(credit, autoAck);
      for await (const handed of consumer) {
        keeper.adopt?.(handed.message);
        yield { handed, consumer };
      }
    } catch (error) {
      const again = (error as { retryable?: boolean }).retryable === true || (await keeper.restored(error, consumer));
      if (!again) throw error;
    } finally {
      stop.removeEventListener("abort", close);
    }
    await pause(AGAIN, stop);
  }
}

/** One that is left ends the wait for its next, instead of waiting for it. @param leave makes that end */
export function leftAtOnce<T>(all: AsyncGenerator<T, void, undefined>, leave: () => void) {
  const end = all.return.bind(all);
  all.return = (value) => {
    leave();
    return end(value);
  };
  return all;
}

/** What comes, to somebody who waits for it by that clock. */
export function waited<T>(clock: Clock, source: AsyncGenerator<T, void>): AsyncGenerator<T, void, undefined> {
  return clock.virtual ? waiting(clock, source) : source;
}

async function* waiting<T>(clock: Clock, source: AsyncGenerator<T, void>): AsyncGenerator<T, void, undefined> {
  try {
    while (true) {
      const over = clock.wait(false);
      const next = await source.next().finally(over);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await source.return();
  }
}

function pause(seconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    stop.addEventListener("abort", done, { once: true });
  });
}
