// The ids that a local queue took lately, so that it takes none of them twice.
import type { Clock } from "./clock.js";

/** Bounds the memory of a queue that takes very much. */
const REMEMBERED_AT_MOST = 1_000_000;

export class TakenIds {
  /** Id → when it was taken, in seconds; the oldest first. */
  private readonly taken = new Map<string, number>();

  /** @param seconds for how long an id is remembered; 0 = ids are not compared */
  constructor(
    private readonly clock: Clock,
    private readonly seconds: number,
  ) {}

  has(id: string): boolean {
    if (this.seconds === 0) return false;
    this.forget();
    return this.taken.has(id);
  }

  add(id: string): void {
    if (this.seconds > 0) this.taken.set(id, this.clock.now());
  }

  clear(): void {
    this.taken.clear();
  }

  private forget(): void {
    const since = this.clock.now() - this.seconds;
    for (const [id, at] of this.taken) {
      if (at >= since && this.taken.size <= REMEMBERED_AT_MOST) return;
      this.taken.delete(id);
    }
  }
}
