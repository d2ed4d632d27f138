// Who waits for a local queue's messages: gets that wait once, and consumers that take as long as they have credit. In turn.
import type { Clock } from "./clock.js";
import type { Handed } from "./transports/queue-calls.js";

interface Taker {
  /** How many it takes now; 0 = none at the moment. */
  readonly want: () => number;
  readonly autoAck: boolean;
  give(handed: Handed[]): void;
  /** The queue is gone. */
  end(error: unknown): void;
}

export class Takers {
  private readonly all = new Set<Taker>();

  constructor(
    private readonly clock: Clock,
    private readonly take: (max: number, autoAck: boolean) => Handed[],
  ) {}

  get size(): number {
    return this.all.size;
  }

  add(taker: Taker): void {
    this.all.add(taker);
    this.serve();
  }

  remove(taker: Taker): void {
    this.all.delete(taker);
  }

  /** Hands out what there is: one message to each taker in turn, so that none of them gets everything. */
  serve(): void {
    for (let served = true; served; ) {
      served = false;
      for (const taker of [...this.all]) served = this.serveOne(taker) || served;
    }
  }

  /** Nothing comes any more. */
  end(error: unknown): void {
    for (const taker of [...this.all]) taker.end(error);
  }

  /** Waits for the first messages, at most so many seconds, or for ever. @throws the signal's reason */
  wait(max: number, autoAck: boolean, seconds: number, signal: AbortSignal | undefined): Promise<Handed[]> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.remove(taker);
        timer.stop();
        over();
        signal?.removeEventListener("abort", abort);
      };
      const give = (handed: Handed[]) => {
        leave();
        resolve(handed);
      };
      const end = (error: unknown) => {
        leave();
        reject(error);
      };
      const abort = () => end(signal!.reason);
      const timer = this.clock.after(seconds, () => give([]));
      const over = this.clock.wait(seconds < Number.POSITIVE_INFINITY);
      const taker: Taker = { want: () => max, autoAck, give, end };
      signal?.addEventListener("abort", abort, { once: true });
      this.add(taker);
    });
  }

  private serveOne(taker: Taker): boolean {
    if (!this.all.has(taker) || taker.want() <= 0) return false;
    const handed = this.take(1, taker.autoAck);
    if (handed.length === 0) return false;
    taker.give(handed);
    return true;
  }
}
