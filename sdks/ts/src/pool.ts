// How many handlers may be at work at once: any number (0), or so many promises of handlers.
import { InvalidArgument } from "./errors.js";
import { Fifo } from "./fifo.js";

/** Starts a handler; the promise it may return is its end. */
type Job = () => unknown;

export class Pool {
  private readonly waiting = new Fifo<Job>();
  /** 0 = any number. */
  size = 0;
  private busy = 0;

  /** 0 = jobs run at once, in the caller's turn, however many are unfinished. */
  resize(size: number): void {
    if (!Number.isInteger(size) || size < 0) {
      throw new InvalidArgument(`multiplicity is a whole number from 0 (no pool), not ${size}`);
    }
    this.size = size;
    this.advance();
  }

  /** Whether jobs need not be handed over at all. */
  get none(): boolean {
    return this.size === 0;
  }

  run(job: Job): void {
    if (this.size === 0) job();
    else {
      this.waiting.push(job);
      this.advance();
    }
  }

  /** Calls back once every job handed over so far has been started; at once when none waits. */
  whenStarted(callback: () => void): void {
    if (this.waiting.length === 0) callback();
    else this.waiting.push(callback);
  }

  private advance(): void {
    while (this.waiting.length > 0 && (this.size === 0 || this.busy < this.size)) this.start(this.waiting.shift()!);
  }

  private start(job: Job): void {
    const end = job();
    if (!isThenable(end)) return;
    this.busy++;
    const finished = () => {
      this.busy--;
      this.advance();
    };
    end.then(finished, finished);
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}
