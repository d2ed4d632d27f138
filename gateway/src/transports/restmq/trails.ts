// What was written to SSE consumers lately, so that one that comes back gets what its lost connection swallowed. A trail is what one connection
// got; who names the last event that he has got continues a trail that holds it, one that has ended before one that has not.
import { MAX_TRAIL_BYTES, MAX_TRAIL_EVENTS, MAX_TRAILS, TRAIL_SECONDS } from "../../limits.js";

interface Event {
  readonly id: string;
  readonly frame: string;
}

export class Trail {
  readonly events: Event[] = [];
  #bytes = 0;
  /** When its connection ended, in milliseconds; undefined = it has not. */
  endedAt: number | undefined;

  constructor(readonly queue: string) {}

  add(id: string, frame: string): void {
    this.events.push({ id, frame });
    this.#bytes += Buffer.byteLength(frame);
    while (this.events.length > MAX_TRAIL_EVENTS || (this.#bytes > MAX_TRAIL_BYTES && this.events.length > 1)) {
      this.#bytes -= Buffer.byteLength(this.events.shift()!.frame);
    }
  }

  /** What came after an event; undefined = it does not hold that. */
  after(id: string): Event[] | undefined {
    const at = this.events.findIndex((event) => event.id === id);
    return at < 0 ? undefined : this.events.slice(at + 1);
  }
}

export class Trails {
  /** The one that ended last stands last. */
  readonly #trails = new Set<Trail>();

  constructor(readonly now: () => number = () => performance.now()) {}

  /** Begins a trail with what is to be written again, since the event of that id came. */
  begin(queue: string, lastId: string | undefined): Trail {
    const trail = new Trail(queue);
    for (const { id, frame } of lastId === undefined ? [] : this.#continue(queue, lastId)) trail.add(id, frame);
    this.#trails.add(trail);
    return trail;
  }

  end(trail: Trail): void {
    trail.endedAt = this.now();
    this.#trails.delete(trail);
    this.#forgetOld();
    if (trail.events.length > 0) this.#trails.add(trail);
  }

  get size(): number {
    return this.#trails.size;
  }

  #continue(queue: string, lastId: string): Event[] {
    this.#forgetOld();
    const holding = [...this.#trails].filter((trail) => trail.queue === queue && trail.after(lastId) !== undefined);
    const trail = holding.findLast(({ endedAt }) => endedAt !== undefined) ?? holding.at(-1);
    if (trail?.endedAt !== undefined) this.#trails.delete(trail);
    return trail?.after(lastId) ?? [];
  }

  #forgetOld(): void {
    const oldest = this.now() - TRAIL_SECONDS * 1000;
    const ended = [...this.#trails].filter(({ endedAt }) => endedAt !== undefined);
    const spare = ended.length - MAX_TRAILS;
    ended.forEach((trail, index) => {
      if (index < spare || trail.endedAt! < oldest) this.#trails.delete(trail);
    });
  }
}
