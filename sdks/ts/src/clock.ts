// Time as a parameter: everything of a bus but its link measures, stamps and waits by the bus's clock, so that a test lets hours pass at once.

/** A call to come. */
export interface Timer {
  /** Harmless when it has come, or twice. */
  stop(): void;
}

/** Where a clock has its time from. */
export interface TimeSource {
  /** Milliseconds since some beginning. They only go forward. */
  now(): number;
  /** Milliseconds since the Unix epoch. */
  wall(): number;
  /** Has `ring` called with the alarm, so many milliseconds from now, never in this turn. Returns what `clear` takes. */
  set(alarm: Alarm, milliseconds: number): unknown;
  clear(handle: unknown): void;
  /** Somebody waits for what others do; the result is called when the wait is over. */
  wait(bounded: boolean): () => void;
}

/** What a source calls when the time has come. */
export interface Alarm {
  /** False = it keeps no program running. */
  readonly holds: boolean;
  ring(): void;
}

/** The time of a {@link Bus}: the machine's, or a test's. */
export class Clock {
  private source: TimeSource = machine;
  private readonly pending = new Set<Pending>();
  private readonly repeats = new Set<Timer>();

  /** Whether it goes by another time than the machine's. */
  get virtual(): boolean {
    return this.source !== machine;
  }

  /** Seconds since some beginning. They only go forward. */
  now(): number {
    return this.source.now() / 1000;
  }

  /** Milliseconds since the Unix epoch. */
  wall(): number {
    return this.source.wall();
  }

  /** Calls back once, so many seconds from now, never in this turn. Infinity = never. @param holds false = it keeps no program running */
  after(seconds: number, work: () => void, holds = true): Timer {
    if (seconds === Number.POSITIVE_INFINITY) return NEVER;
    const wait = Math.max(0, seconds * 1000);
    const pending = new Pending(work, holds, this.source.now() + wait, this.pending);
    this.pending.add(pending);
    pending.start(this.source, wait);
    return pending;
  }

  /** Calls back again and again, with so many seconds between, until it is stopped. */
  every(seconds: number, work: () => void, holds = true): Timer {
    let stopped = false;
    let timer: Timer = NEVER;
    const again = () => {
      timer = this.after(Math.max(SHORTEST, seconds), tick, holds);
    };
    const tick = () => {
      work();
      if (!stopped) again();
    };
    again();
    const repeated = {
      stop: () => {
        stopped = true;
        timer.stop();
        this.repeats.delete(repeated);
      },
    };
    this.repeats.add(repeated);
    return repeated;
  }

  /** What comes again and again, and was not stopped. */
  get repeated(): readonly Timer[] {
    return [...this.repeats];
  }

  /** Resolves after so many seconds. */
  async pause(seconds: number): Promise<void> {
    await this.within(seconds, new Promise(() => {}));
  }

  /** Resolves with the work, or after so many seconds. */
  async within(seconds: number, work: Promise<unknown>): Promise<void> {
    const over = this.wait(seconds < Number.POSITIVE_INFINITY);
    let timer = NEVER;
    const late = new Promise<void>((resolve) => {
      timer = this.after(seconds, resolve);
    });
    await Promise.race([work, late]).finally(() => {
      timer.stop();
      over();
    });
  }

  /**
   * Somebody waits for what others do, which a virtual clock must know of; call the result when the wait is over.
   *
   * @param bounded whether a timer of this clock ends the wait in any case
   */
  wait(bounded: boolean): () => void {
    return this.source.wait(bounded);
  }

  /** Goes by another time from now on. What is to come comes after as many seconds as before. */
  use(source: TimeSource): void {
    const { source: old } = this;
    this.source = source;
    for (const each of this.pending) each.move(old, source);
  }
}

/** Seconds between the calls of `every`, at least. */
const SHORTEST = 0.001;
const NEVER: Timer = { stop: () => {} };

class Pending implements Alarm, Timer {
  private source: TimeSource | undefined;
  private handle: unknown;

  constructor(
    private readonly work: () => void,
    readonly holds: boolean,
    /** By the source's `now`. */
    private at: number,
    private readonly all: Set<Pending>,
  ) {}

  /** @param wait milliseconds until then */
  start(source: TimeSource, wait: number): void {
    this.source = source;
    this.handle = source.set(this, wait);
  }

  move(from: TimeSource, to: TimeSource): void {
    from.clear(this.handle);
    const left = this.at - from.now();
    this.at = to.now() + left;
    this.start(to, left);
  }

  ring(): void {
    // A machine's timer waits 25 days at most.
    const left = this.at - this.source!.now();
    if (left > EARLY) this.start(this.source!, left);
    else {
      this.all.delete(this);
      this.work();
    }
  }

  stop(): void {
    if (this.all.delete(this)) this.source!.clear(this.handle);
  }
}

/** Milliseconds by which a machine's timer may come too soon. */
const EARLY = 2;
/** The longest that a machine's timer waits, in milliseconds. */
const TIMER_AT_MOST = 2 ** 31 - 1;

/** What ends a wait of which nobody needs to know. */
export const NOBODY_WAITS = () => {};

/** The machine's own time. */
export const machine: TimeSource = {
  now: () => performance.now(),
  wall: () => Date.now(),
  set: (alarm, milliseconds) => {
    const handle = setTimeout(ring, Math.min(TIMER_AT_MOST, Math.max(0, Math.ceil(milliseconds - 0.001))), alarm);
    if (!alarm.holds) (handle as { unref?: () => void }).unref?.();
    return handle;
  },
  clear: (handle) => clearTimeout(handle as Parameters<typeof clearTimeout>[0]),
  wait: () => NOBODY_WAITS,
};

function ring(alarm: Alarm): void {
  alarm.ring();
}

/** For what lives beside any bus, and of queues at a gateway. */
export const machineClock = new Clock();
