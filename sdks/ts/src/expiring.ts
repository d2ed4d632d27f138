// What ends at a time of its own, the soonest first, with one timer for all.
import type { Clock, Timer } from "./clock.js";
import { Fifo } from "./fifo.js";

/** Something that expires. */
export interface Mortal {
  /** When, in milliseconds since the epoch; Infinity = never. */
  readonly expires: number;
  /** Whether it is waited for, and need not be watched again. */
  watched: boolean;
}

/** What may be gone before it is swept out. */
const SLACK = 4096;

const sooner = (one: Mortal, other: Mortal) => one.expires <= other.expires;

export class Expiring<T extends Mortal> {
  private line = new Fifo<T>();
  private timer: Timer | undefined;
  private timerAt = Number.POSITIVE_INFINITY;

  /**
   * @param ended is called once for each whose time came
   * @param here whether it is still to be waited for
   * @param size of how many it may be asked
   */
  constructor(
    private readonly clock: Clock,
    private readonly ended: (item: T) => void,
    private readonly here: (item: T) => boolean,
    private readonly size: () => number,
  ) {}

  watch(item: T): void {
    if (item.watched || item.expires === Number.POSITIVE_INFINITY) return;
    item.watched = true;
    this.line.insert(item, sooner);
    if (this.line.length > SLACK + 2 * this.size()) this.sweep();
    this.wake();
  }

  /** Everything whose time came until now. */
  look(): void {
    const now = this.clock.wall();
    for (let next = this.line.peek(); next !== undefined && next.expires <= now; next = this.line.peek()) {
      this.line.shift();
      next.watched = false;
      if (this.here(next)) this.ended(next);
    }
    this.wake();
  }

  clear(): void {
    for (const item of this.line) item.watched = false;
    this.line.clear();
    this.timer?.stop();
    this.timerAt = Number.POSITIVE_INFINITY;
  }

  /** Sets the timer to the soonest end. It keeps no program running. */
  private wake(): void {
    const next = this.line.peek()?.expires ?? Number.POSITIVE_INFINITY;
    if (next >= this.timerAt) return;
    this.timer?.stop();
    this.timerAt = next;
    const look = () => {
      this.timerAt = Number.POSITIVE_INFINITY;
      this.look();
    };
    this.timer = this.clock.after((next - this.clock.wall()) / 1000, look, false);
  }

  private sweep(): void {
    const line = new Fifo<T>();
    for (const item of this.line) {
      item.watched = this.here(item);
      if (item.watched) line.push(item);
    }
    this.line = line;
  }
}
