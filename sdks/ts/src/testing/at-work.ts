// Which handlers are at work, and which of them only wait for others: that is how a test knows that nothing happens any more.
import { AsyncLocalStorage } from "node:async_hooks";
import { isThenable } from "../pool.js";
import type { Target } from "../target.js";

/** One call of a handler, whose promise is open. */
export interface Work {
  readonly target: Target;
  /** Calls that it waits for and that end with the time, at the latest. */
  bounded: number;
  /** Calls that it waits for, perhaps for ever. */
  endless: number;
}

/** In whose course something happens; nothing = the test's. */
const course = new AsyncLocalStorage<Work | undefined>();

export class AtWork {
  private readonly open = new Set<Work>();

  /** @param changed is called when one has ended, and when one begins or ends to wait */
  constructor(private readonly changed: () => void) {}

  /** Makes a call; when it gives a promise, it is at work until that has settled. */
  handle(target: Target, call: () => unknown): unknown {
    const work: Work = { target, bounded: 0, endless: 0 };
    const value = course.run(work, call);
    if (!isThenable(value)) return value;
    this.open.add(work);
    const ended = () => {
      this.open.delete(work);
      this.changed();
    };
    value.then(ended, ended);
    return value;
  }

  /** Somebody waits; call what is returned when that is over. `work` = in the course of which handler. */
  wait(bounded: boolean): { readonly work: Work | undefined; over(): void } {
    const work = course.getStore();
    const kind = bounded ? "bounded" : "endless";
    if (work !== undefined) work[kind]++;
    this.changed();
    const over = () => {
      if (work !== undefined) work[kind]--;
      this.changed();
    };
    return { work, over };
  }

  /** Whether one of them does something, and does not only wait. */
  get busy(): boolean {
    return this.some(does);
  }

  /** Those that do something: `mail shop.ts:42`. */
  get names(): string[] {
    return [...this.open].filter(does).map(({ target: { name, place } }) => `${name} ${place}`.trim());
  }

  /** Whether one of them waits for what ends with the time. */
  get pending(): boolean {
    return this.some(({ bounded }) => bounded > 0);
  }

  get idle(): boolean {
    return this.open.size === 0;
  }

  private some(what: (work: Work) => boolean): boolean {
    for (const each of this.open) if (what(each)) return true;
    return false;
  }
}

function does({ bounded, endless }: Work): boolean {
  return bounded + endless === 0;
}

/** Does something in nobody's course. */
export function apart<T>(work: () => T): T {
  return course.run(undefined, work);
}
