// Time as it really passes, for a test that runs against a gateway.
import { machineClock } from "../clock.js";
import { InvalidArgument } from "../errors.js";
import type { Target } from "../target.js";
import { AtWork } from "./at-work.js";
import type { Passing } from "./passing.js";

/** Seconds that assertions wait, and what is at work gets to come to its end. */
const PATIENCE = 5;
/** Seconds between two looks. */
const LOOK = 0.01;

export class RealPassing implements Passing {
  private readonly begun = machineClock.now();
  private readonly atWork = new AtWork(() => {});

  /** @param quiet whether nothing is on its way to a handler of this bus */
  constructor(private readonly quiet: () => Promise<boolean>) {}

  get now(): number {
    return machineClock.now() - this.begun;
  }

  async advance(seconds: number): Promise<void> {
    if (!(seconds >= 0 && Number.isFinite(seconds))) {
      throw new InvalidArgument(`advance takes seconds from 0, not ${seconds}`);
    }
    await machineClock.pause(seconds);
    await this.settle();
  }

  async settle(): Promise<void> {
    await within(async () => (await this.quiet()) && this.atWork.idle);
  }

  async eventually<T>(look: () => T | undefined): Promise<T | undefined> {
    await within(async () => look() !== undefined);
    return look();
  }

  handle(target: Target, call: () => unknown): unknown {
    return this.atWork.handle(target, call);
  }

  end(): void {}
}

async function within(met: () => Promise<boolean>): Promise<void> {
  const deadline = machineClock.now() + PATIENCE;
  while (!(await met()) && machineClock.now() < deadline) await machineClock.pause(LOOK);
}
