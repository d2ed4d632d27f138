// A timer that publishes.
import type { AnyBus } from "../bus.js";
import { defaultBus } from "../default-bus.js";
import { InvalidArgument } from "../errors.js";
import { inside } from "../inside.js";
import type { OnBus } from "../unfollow.js";
import { checkIdName } from "./id-name.js";

/** Publishes `idName:tick` with the number of the tick, from 1, by the clock of its bus and until that is closed. It keeps no program running. */
export class IntervalTimer implements Disposable {
  private readonly timer: { stop(): void };

  /** @param interval seconds between ticks. @throws InvalidArgument, InvalidIdentifier */
  constructor(idName: string, interval: number, { bus = defaultBus }: OnBus = {}) {
    if (!(interval > 0 && interval < Number.POSITIVE_INFINITY)) {
      throw new InvalidArgument(`interval is seconds above 0, not ${interval}`);
    }
    checkIdName(idName, "tick");
    let ticks = 0;
    const tick = () => {
      if (inside(bus).closed) this.stop();
      else void bus.publish(`${idName}:tick`, ++ticks);
    };
    this.timer = (bus as AnyBus).clock.every(interval, tick, false);
  }

  /** No tick comes after it. Harmless twice. */
  stop(): void {
    this.timer.stop();
  }

  /** As `stop`. */
  [Symbol.dispose](): void {
    this.stop();
  }
}
