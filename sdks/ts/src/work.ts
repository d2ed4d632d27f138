// Durable following: handlers that are fed from a shared queue, so that nothing is lost while they are away or fail. The queue is the
// gateway's once the bus is connected, and the process's own while it never was.
import type { Answering, ErrorCallback } from "./dispatcher.js";
import { type BerryMQError, InvalidArgument } from "./errors.js";
import { type Following, type FollowOptions, followingOf } from "./follower.js";
import { type GatewayCalls, GatewayQueue } from "./gateway-queue.js";
import { type Identifier, parseIdentifier } from "./identifier.js";
import type { LocalQueue } from "./local-queue.js";
import type { LocalQueues } from "./local-queues.js";
import type { Message } from "./message.js";
import { checkNumbers } from "./queue-options.js";
import { meets } from "./queue-patterns.js";
import type { Target } from "./target.js";
import { Worker } from "./worker.js";

/** Seconds between tries to make the queue while there is no connection. */
const AGAIN = 0.2;

/** What durable following asks of its bus. */
export interface WorkHost {
  readonly localQueues: LocalQueues;
  /** Undefined = the bus is not connected. */
  gateway(): GatewayCalls | undefined;
  /** Has what is published from now on wait until that has settled. */
  hold(until: Promise<unknown>): void;
  answering(message: Message): Answering | undefined;
  readonly report: ErrorCallback;
}

/** Options of a following that names a queue. */
type WorkOptions = FollowOptions & { readonly queue: string };

/** All durable followings of a bus. */
export class Works {
  private readonly all = new Set<Work>();

  constructor(private readonly host: WorkHost) {}

  /** @throws InvalidIdentifier, InvalidArgument; of a queue in this process QueueExists, NotSupported */
  add(pattern: string, target: Target, options: WorkOptions): Following {
    const work = new Work(parseIdentifier(pattern), target, options, this.host);
    work.begin();
    this.all.add(work);
    target.whenGone(() => this.end(work));
    return followingOf(work.pattern.text, () => this.end(work));
  }

  /** Those of a function, or of an object's methods. */
  of(target: object): Work[] {
    return [...this.all].filter((work) => work.target.is(target));
  }

  /** What is at hand is finished. */
  end(work: Work): void {
    if (!this.all.delete(work)) return;
    work.target.release();
    void work.stop(Number.POSITIVE_INFINITY);
  }

  /** The bus is connected from now on; resolves when every queue stands at the gateway. */
  async connected(): Promise<void> {
    for (const work of this.all) work.begin();
    await this.ready();
  }

  /** Resolves when every queue so far stands. */
  async ready(): Promise<void> {
    await Promise.all([...this.all].map((work) => work.ready));
  }

  /** What is at hand may be finished, for so many seconds. */
  async close(seconds: number): Promise<void> {
    await Promise.all([...this.all].map((work) => work.stop(seconds)));
  }

  /** Everybody, in order of registration. */
  list(): readonly Work[] {
    return [...this.all];
  }
}

/** One durable following. */
export class Work {
  ready: Promise<void> = Promise.resolve();
  private worker: Worker | undefined;
  /** Of before the bus was connected; what it has is still worked off. */
  private local: { readonly queue: LocalQueue; readonly worker: Worker } | undefined;

  constructor(
    readonly pattern: Identifier,
    readonly target: Target,
    private readonly options: WorkOptions,
    private readonly host: WorkHost,
  ) {
    const { concurrency = 1, queueOptions = {} } = options;
    checkNumbers(queueOptions);
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new InvalidArgument(`concurrency is a whole number from 1, not ${concurrency}`);
    }
  }

  get queue(): string {
    return this.options.queue;
  }

  /** Feeds the handler from where the queue is now. */
  begin(): void {
    const gateway = this.pattern.local ? undefined : this.host.gateway();
    if (gateway === undefined) this.beginHere();
    else {
      this.ready = this.beginThere(gateway);
      // Who publishes behind the registration reaches the queue.
      this.host.hold(this.ready);
    }
  }

  async stop(seconds: number): Promise<void> {
    const workers = [this.worker, this.local?.worker];
    this.worker = undefined;
    this.local = undefined;
    await Promise.all(workers.map((each) => each?.stop(seconds)));
  }

  private beginHere(): void {
    if (this.local !== undefined) return;
    const { queue: name, queueOptions } = this.options;
    const known = queueOptions === undefined ? this.host.localQueues.findShared(name) : undefined;
    const taken = known !== undefined && meets(known.patterns, this.pattern) ? known : undefined;
    const queue = taken ?? this.host.localQueues.open([this.pattern], { ...queueOptions, shared: true, name });
    this.host.localQueues.listen(queue);
    const worker = this.workerOf(queue);
    this.local = { queue, worker };
    this.run(worker);
  }

  private async beginThere(gateway: GatewayCalls): Promise<void> {
    const { queue: name, queueOptions } = this.options;
    const spec = { ...queueOptions, name, patterns: [this.pattern.text], standalone: false };
    // A queue that is there is taken as it is, unless this following says how it should be.
    const keeper = new GatewayQueue(name, gateway, spec, queueOptions === undefined);
    const worker = this.workerOf(keeper);
    this.worker = worker;
    try {
      await this.make(keeper, worker);
      // Not before: what is published meanwhile may come twice, but is not lost.
      if (this.local !== undefined) this.host.localQueues.deafen(this.local.queue);
      if (worker === this.worker) this.run(worker);
    } catch (error) {
      this.host.report(error);
    }
  }

  private async make(keeper: GatewayQueue, worker: Worker): Promise<void> {
    while (worker === this.worker) {
      try {
        return await keeper.make();
      } catch (error) {
        if (!(error as BerryMQError).retryable) throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN * 1000));
      }
    }
  }

  private workerOf(keeper: GatewayQueue | LocalQueue): Worker {
    const { guard, concurrency = 1 } = this.options;
    const { target, host } = this;
    return new Worker(keeper, {
      target: () => target.handler(),
      guard,
      concurrency,
      answering: (message) => host.answering(message),
      report: (error, message, handler) => host.report(error, message, handler && target.method),
      handle: (message, call) => {
        const { trial } = host.localQueues.stand;
        return trial === undefined ? call() : trial.handle(target, message, call);
      },
    });
  }

  private run(worker: Worker): void {
    worker.run().catch((error) => this.host.report(error));
  }
}
