// Time that moves only when it is told to: the source of a bus's clock under test.
import type { Alarm, TimeSource } from "../clock.js";

/** An alarm that is set. */
interface Due {
  /** Virtual milliseconds. */
  readonly at: number;
  readonly alarm: Alarm;
}

/** Whole milliseconds, so that what is due at the same moment in two ways is due at once. */
export class VirtualTime implements TimeSource {
  private readonly begun = Date.now();
  private time = 0;
  /** The soonest first; those of one moment in the order in which they were set. */
  private readonly line: Due[] = [];

  /**
   * @param changed is called when another alarm is set
   * @param waiting is called when somebody waits; what it returns, when the wait is over
   */
  constructor(
    private readonly changed: () => void,
    private readonly waiting: (bounded: boolean) => () => void,
  ) {}

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.begun + this.time;
  }

  set(alarm: Alarm, milliseconds: number): Due {
    const due = { at: this.time + wholeMilliseconds(milliseconds), alarm };
    this.line.splice(this.after(due.at), 0, due);
    this.changed();
    return due;
  }

  clear(handle: unknown): void {
    const due = handle as Due;
    const end = this.after(due.at);
    const index = this.line.lastIndexOf(due, end - 1);
    if (end > 0 && index >= 0) this.line.splice(index, 1);
  }

  wait(bounded: boolean): () => void {
    return this.waiting(bounded);
  }

  /** When the next alarm is due; undefined = none is set. */
  get next(): number | undefined {
    return this.line[0]?.at;
  }

  /** Moves to the next alarm and rings it. */
  ring(): void {
    const due = this.line.shift();
    if (due === undefined) return;
    this.time = Math.max(this.time, due.at);
    due.alarm.ring();
  }

  /** Never back. */
  moveTo(time: number): void {
    this.time = Math.max(this.time, time);
  }

  /** The index behind everything that is due until then. */
  private after(at: number): number {
    let [low, high] = [0, this.line.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.line[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Rounded up, but for the noise of fractions. */
export function wholeMilliseconds(milliseconds: number): number {
  return Math.max(0, Math.ceil(milliseconds - 1e-6));
}
