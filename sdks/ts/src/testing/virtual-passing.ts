// Moves virtual time: as far as a test says, and while calls wait that nothing else will end. It never guesses whether something still
// happens: it knows who is at work, and gives everything that needs no time a turn of the event loop.
import { type Clock, machine, machineClock } from "../clock.js";
import { InvalidArgument } from "../errors.js";
import type { Target } from "../target.js";
import { AtWork, apart } from "./at-work.js";
import type { Passing } from "./passing.js";
import { VirtualTime, wholeMilliseconds } from "./virtual-time.js";

/** Real seconds after which it is told for whom a test waits. */
const PATIENCE = 3;
/** Turns of the event loop in which nothing happens, before a wait without an end moves time: it may be one in the background. */
const IDLE_TURNS = 5;
/** Taken before anybody fakes it. */
const turnOver = globalThis.setImmediate;

export class VirtualPassing implements Passing {
  private readonly atWork = new AtWork(() => this.changed());
  private readonly time = new VirtualTime(
    () => this.changed(),
    (bounded) => this.wait(bounded),
  );
  /** The test's waits, which move time: those that end with it, and those that do not. */
  private readonly waits = { bounded: 0, endless: 0 };
  private idle = 0;
  /** Where an advance under way goes; undefined = none is. */
  private target: number | undefined;
  private advanced: () => void = () => {};
  private settling: (() => void)[] = [];
  private turn: Promise<void> = Promise.resolve();
  private moving = false;
  private ended = false;
  private wake: () => void = () => {};

  constructor(private readonly clock: Clock) {
    clock.use(this.time);
  }

  get now(): number {
    return this.time.now() / 1000;
  }

  /** One after the other. */
  async advance(seconds: number): Promise<void> {
    if (!(seconds >= 0 && Number.isFinite(seconds))) {
      throw new InvalidArgument(`advance takes seconds from 0, not ${seconds}`);
    }
    this.turn = this.turn.then(() => this.advanceNow(seconds));
    await this.turn;
  }

  settle(): Promise<void> {
    return new Promise((resolve) => {
      this.settling.push(resolve);
      this.changed();
    });
  }

  async eventually<T>(look: () => T | undefined): Promise<T | undefined> {
    await this.settle();
    return look();
  }

  handle(target: Target, call: () => unknown): unknown {
    return this.atWork.handle(target, call);
  }

  end(): void {
    this.ended = true;
    this.clock.use(machine);
    this.advanced();
    for (const resolve of this.settling.splice(0)) resolve();
    this.changed();
  }

  private advanceNow(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.target = this.time.now() + wholeMilliseconds(seconds * 1000);
      this.advanced = resolve;
      this.changed();
    });
  }

  /** Time is moved by the test: what a handler waits for comes when the test waits, too. */
  private wait(bounded: boolean): () => void {
    const { work, over } = this.atWork.wait(bounded);
    const kind = bounded ? "bounded" : "endless";
    const moves = work === undefined ? 1 : 0;
    this.waits[kind] += moves;
    this.changed();
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.waits[kind] -= moves;
      over();
    };
  }

  private get wanted(): boolean {
    return !this.ended && (this.pressing || this.waits.endless > 0);
  }

  private get pressing(): boolean {
    return this.target !== undefined || this.settling.length > 0 || this.waits.bounded > 0;
  }

  private changed(): void {
    this.idle = 0;
    this.wake();
    if (this.moving || !this.wanted) return;
    this.moving = true;
    void apart(() => this.move());
  }

  private async move(): Promise<void> {
    while (this.wanted) {
      await new Promise((resolve) => turnOver(resolve));
      if (this.atWork.busy || !this.wanted) await this.change();
      else if (!this.pressing && this.idle++ < IDLE_TURNS) continue;
      else if (!this.step()) await this.change();
    }
    this.moving = false;
  }

  /** Does the next thing that is due; false = there is nothing to be done until something changes. */
  private step(): boolean {
    if (this.settling.length > 0 && !this.atWork.pending) {
      for (const resolve of this.settling.splice(0)) resolve();
      return true;
    }
    const { target } = this;
    const { next = Number.POSITIVE_INFINITY } = this.time;
    if (next <= (target ?? Number.MAX_VALUE)) {
      this.time.ring();
      return true;
    }
    if (target === undefined) return false;
    this.time.moveTo(target);
    this.target = undefined;
    this.advanced();
    return true;
  }

  private async change(): Promise<void> {
    if (!this.wanted) return;
    const late = machineClock.after(PATIENCE, () => this.tellLate(), false);
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    late.stop();
    this.wake = () => {};
  }

  /** A test that hangs says over whom. */
  private tellLate(): void {
    const { names } = this.atWork;
    if (names.length === 0) return;
    console.error(`berryMQ: time stands still until these handlers have ended: ${names.join(", ")}`);
  }
}
