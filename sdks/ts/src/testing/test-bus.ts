// A bus under test: its time is virtual, what is published and called is recorded, and what came with the test ends with it.
import { AssertionError } from "node:assert";
import { type AnyBus, Bus } from "../bus.js";
import { Closed, InvalidArgument, NotSupported } from "../errors.js";
import type { Message } from "../message.js";
import type { Target } from "../target.js";
import type { Trial } from "../trial.js";
import { Expected, told } from "./alike.js";
import { AtGateway } from "./at-gateway.js";
import { BusCalls } from "./bus-calls.js";
import { checkedSeed, type Faults, Mischief, randomSeed } from "./faults.js";
import { Mock } from "./mock.js";
import type { Passing } from "./passing.js";
import { Scope } from "./scope.js";
import { tested } from "./tested.js";
import { VirtualPassing } from "./virtual-passing.js";

/** What is put under test, and how. */
export interface TestBusOptions {
  /** Which bus. Absent = a new one, which is closed at the end. */
  readonly bus?: AnyBus | undefined;
  /** Of what goes wrong at random. Default: `BERRYMQ_TEST_SEED`, or a random one. */
  readonly seed?: number | undefined;
  /** Where the test runs for real. Default: `BERRYMQ_TEST_GATEWAY`; `""` = nowhere, in virtual time. */
  readonly gateway?: string | undefined;
}

/** What a handler was called with. */
interface Call {
  readonly target: Target;
  readonly message: Message;
}

/** Seconds that handlers get to come to their end when the test is over. */
const END_SECONDS = 5;
/** Of what was published, so many are shown when something is missed. */
const SHOWN_AT_MOST = 20;

/**
 * Made by `await TestBus.open()`. It has the public calls of its {@link bus}, too.
 *
 * A call that waits (`get`, `ask`, `next` of a stream) moves time itself to what is due next, once no handler is at work. So does a stream
 * that is iterated over in the background, when nothing else has happened for a while: of what is endless, wait for one thing at a time.
 */
export class TestBus extends BusCalls implements AsyncDisposable {
  private readonly messages: Message[] = [];
  private readonly handled: Call[] = [];
  private readonly mischief: Mischief;
  private closed = false;

  private constructor(
    bus: AnyBus,
    /** What chance goes by; the same seed, the same faults. */
    readonly seed: number,
    private readonly own: boolean,
    private readonly scope: Scope,
    private readonly passing: Passing,
    private readonly gateway: AtGateway | undefined,
  ) {
    super(bus);
    this.mischief = new Mischief(seed);
  }

  /** Puts a bus under test, until it is closed. @throws InvalidArgument; Unavailable when the gateway does not answer */
  static async open(options: TestBusOptions = {}): Promise<TestBus> {
    const { bus = new Bus() } = options;
    // Before anything is under test that would have to be let go again.
    const seed = options.seed === undefined ? (fromEnvironment() ?? randomSeed()) : checkedSeed(options.seed);
    const url = options.gateway ?? process.env.BERRYMQ_TEST_GATEWAY ?? "";
    const { stand, link } = tested(bus);
    if (stand.trial !== undefined)
      throw new InvalidArgument(
        "this bus is under test already; close that TestBus first, or give tests that run at once a bus each: TestBus.open()",
      );
    if (link !== undefined)
      throw new InvalidArgument("this bus is connected; end its link before it is put under test");
    const scope = new Scope(bus);
    const gateway = url === "" ? undefined : await AtGateway.join(bus, url, scope);
    const passing = gateway?.passing ?? new VirtualPassing(bus.clock);
    const made = new TestBus(bus, seed, options.bus === undefined, scope, passing, gateway);
    stand.trial = made.trial();
    return made;
  }

  /** Virtual seconds since the beginning; at a gateway, real ones. */
  get now(): number {
    return this.passing.now;
  }

  /**
   * Moves time, and does all that falls due, in order: leases, ttl, delays, backoff, timers. Handlers that it set off have ended when it
   * resolves, but for those that wait for a later time. At a gateway it waits.
   */
  async advance(seconds: number): Promise<void> {
    this.assertOpen();
    await this.passing.advance(seconds);
  }

  /** Resolves when no handler is at work. */
  async settle(): Promise<void> {
    this.assertOpen();
    await this.passing.settle();
  }

  /** What was published on this bus, in order: by programs, as answers, and by pipelines. */
  get published(): readonly Message[] {
    return this.messages;
  }

  /**
   * What was published that the pattern meets, with these arguments, if any are given, and at least these `kwargs(…)`.
   *
   * @throws AssertionError when there is none, with what was published instead
   */
  async assertPublished(pattern: string, ...all: readonly unknown[]): Promise<readonly Message[]> {
    this.assertOpen();
    const expected = new Expected(all);
    const look = () => {
      const found = expected.of(pattern, this.messages);
      return found.length > 0 ? found : undefined;
    };
    return (await this.passing.eventually(look)) ?? this.miss(`nothing was published to ${pattern}${expected.text}`);
  }

  /** @throws AssertionError */
  async assertNotPublished(pattern: string, ...all: readonly unknown[]): Promise<void> {
    this.assertOpen();
    const expected = new Expected(all);
    await this.passing.settle();
    const found = expected.of(pattern, this.messages);
    if (found.length > 0) {
      fail(
        `${pattern}${expected.text} was published ${found.length} times:${list(found)}${this.hint}`,
        this.assertNotPublished,
      );
    }
  }

  /** What a function that follows was called with; of a method, that of all objects: `mock(Shop.prototype.order)`. */
  mock(handler: (...messages: never[]) => unknown): Mock {
    const heard = () => this.handled.filter(({ target }) => target.is(handler)).map(({ message }) => message);
    return new Mock(handler.name || "the handler", heard, this.passing, () => this.hint);
  }

  /** What goes wrong from now on. @throws InvalidArgument; NotSupported at a gateway */
  faults(faults: Faults): void {
    if (this.gateway !== undefined) {
      throw new NotSupported("faults are for virtual time; at a gateway leave them out, or skip the test");
    }
    this.mischief.set(faults);
  }

  /**
   * Ends what was registered and opened since, empties what was there of it, and lets the bus go. Harmless twice.
   *
   * @throws the first assertion that failed in a handler of the test, unless `takeErrors` has taken it
   */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const patience = AbortSignal.timeout(END_SECONDS * 1000);
    await Promise.race([this.passing.settle(), new Promise((resolve) => patience.addEventListener("abort", resolve))]);
    tested(this.bus).stand.trial = undefined;
    this.passing.end();
    const { names } = this.scope;
    const errors = await this.scope.end();
    // Only now: durable followings go on in this process, in queues that were there before.
    await this.gateway?.leave(names);
    if (this.own) await this.bus.close();
    const failed = errors.find(({ error }) => isAssertion(error));
    if (failed !== undefined) throw failed.error;
  }

  /** As `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private assertOpen(): void {
    if (this.closed) throw new Closed("this TestBus is closed; what happens after its end is no part of the test");
  }

  private trial(): Trial {
    return {
      published: (message) => this.messages.push(message),
      handle: (target, message, call) => {
        this.handled.push({ target, message });
        return this.passing.handle(target, call);
      },
      misses: () => this.mischief.happens("drop"),
      repeats: () => this.mischief.happens("duplicate"),
      overtakes: () => this.mischief.happens("reorder"),
    };
  }

  /** How to have the same faults again. */
  private get hint(): string {
    return this.mischief.on ? `\nberryMQ seed: ${this.seed}` : "";
  }

  private miss(what: string): never {
    const others = this.messages.length === 0 ? "; nothing was published at all" : `; published:${list(this.messages)}`;
    return fail(`${what}${others}${this.hint}`, this.assertPublished);
  }
}

/** Of node:assert, chai and vitest by its name; jest's tells its matcher. */
function isAssertion(error: unknown): boolean {
  return error instanceof Error && (error.name === "AssertionError" || "matcherResult" in error);
}

function fromEnvironment(): number | undefined {
  const text = process.env.BERRYMQ_TEST_SEED;
  return text === undefined || text === "" ? undefined : checkedSeed(Number(text), `${text} (BERRYMQ_TEST_SEED)`);
}

function list(messages: readonly Message[]): string {
  const shown = messages.slice(0, SHOWN_AT_MOST).map((each) => `\n  ${told(each)}`);
  const more = messages.length - shown.length;
  return `${shown.join("")}${more > 0 ? `\n  … and ${more} more` : ""}`;
}

// biome-ignore lint/complexity/noBannedTypes: what a stack leaves out is any function
function fail(message: string, stackStartFn: Function): never {
  throw new AssertionError({ message, stackStartFn });
}
