// What a handler was called with.
import { AssertionError } from "node:assert";
import type { Message } from "../message.js";
import { Expected, told } from "./alike.js";
import type { Passing } from "./passing.js";

/** Of one handler; made by `TestBus.mock`. What it asserts waits first until no handler is at work. */
export class Mock {
  constructor(
    private readonly name: string,
    private readonly heard: () => readonly Message[],
    private readonly passing: Passing,
    private readonly hint: () => string,
  ) {}

  /** The messages that it was called with, in order. */
  get calls(): readonly Message[] {
    return this.heard();
  }

  /** Whether it was called at all. */
  get called(): boolean {
    return this.callCount > 0;
  }

  /** How often it was called. */
  get callCount(): number {
    return this.calls.length;
  }

  /** @param all the arguments, if any, and at least these `kwargs(…)`. @returns the message. @throws AssertionError */
  async assertCalledOnceWith(...all: readonly unknown[]): Promise<Message> {
    const expected = new Expected(all);
    const met = () => (this.callCount === 1 && expected.met(this.calls[0]!) ? this.calls[0] : undefined);
    return (await this.passing.eventually(met)) ?? this.fail(`was not called once${expected.text}`);
  }

  /** @throws AssertionError */
  async assertNotCalled(): Promise<void> {
    await this.passing.settle();
    if (this.called) this.fail("was called");
  }

  private fail(what: string): never {
    const calls = this.calls.map((each) => `\n  ${told(each)}`).join("");
    throw new AssertionError({
      message: `${this.name} ${what}; it was called ${this.callCount} times${calls && `, with:${calls}`}${this.hint()}`,
      stackStartFn: this.assertCalledOnceWith,
    });
  }
}
