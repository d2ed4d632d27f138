// Time as a parameter: whatever waits or stamps asks a clock, so that tests let hours pass at once.

/** A pending call; cancelling one that has fired is harmless. */
export interface Timer {
  cancel(): void;
}

/**
 * Where the broker and the engines get their time from. What is measured (leases, delays, lives, the window for doubles) goes by a time that
 * nobody can set, so that a clock that is put right, either way, neither ends nor holds up anything.
 */
export interface Clock {
  /** Microseconds since the Unix epoch as they have passed since the process began: this time never goes back and never jumps. */
  now(): number;
  /** Microseconds since the Unix epoch as the machine has them, which somebody may set: for stamps, and for times that others name. */
  wall(): number;
  /** Calls back once, `delay` microseconds from now, never in this turn. */
  after(delay: number, callback: () => void): Timer;
}

export const SECOND = 1_000_000;

/** The longest a Node timer can wait; a longer delay is waited for in pieces by whoever looks at the clock again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** When it will be `time` of the wall clock, if nobody sets that meanwhile. */
export function fromWall(clock: Clock, time: number): number {
  return time + clock.now() - clock.wall();
}

/** What the wall clock will show at `time`, if nobody sets it meanwhile. */
export function toWall(clock: Clock, time: number): number {
  return time + clock.wall() - clock.now();
}

const sinceStart = () => Math.floor(performance.now() * 1000);
const start = Date.now() * 1000 - sinceStart();

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => start + sinceStart(),
  wall: () => Date.now() * 1000,
  after(delay, callback) {
    const handle = setTimeout(callback, Math.min(Math.max(1, Math.ceil(delay / 1000)), LONGEST_TIMER_MS));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
