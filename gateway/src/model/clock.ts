// Time as a parameter: whatever waits or stamps asks a clock, so that tests let hours pass at once.

/** A pending call; cancelling one that has fired is harmless. */
export interface Timer {
  cancel(): void;
}

/** Where the broker and the engines get their time from. */
export interface Clock {
  /** Microseconds since the Unix epoch. */
  now(): number;
  /** Calls back once, `delay` microseconds from now, never in this turn. */
  after(delay: number, callback: () => void): Timer;
}

export const SECOND = 1_000_000;

/** The longest a Node timer can wait; a longer delay is waited for in pieces by whoever looks at the clock again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now() * 1000,
  after(delay, callback) {
    const handle = setTimeout(callback, Math.min(Math.max(1, Math.ceil(delay / 1000)), LONGEST_TIMER_MS));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
