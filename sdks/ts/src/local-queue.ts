// A queue whose messages this process keeps: leases, attempts, backoff and dead letters as at a gateway, without the disk.
import type { Clock } from "./clock.js";
import type { Entry, Loss } from "./entry.js";
import { LeaseLost, QueueFull, QueueNotFound } from "./errors.js";
import { Expiring } from "./expiring.js";
import type { Listener } from "./follower.js";
import type { Identifier } from "./identifier.js";
import { Later } from "./later.js";
import { LeaseBook } from "./lease-book.js";
import { LocalConsumer } from "./local-consumer.js";
import type { LocalQueueSpec } from "./local-queue-spec.js";
import { handed, type Message } from "./message.js";
import { PriorityLine } from "./priority-line.js";
import type { Keeper } from "./queue.js";
import { DEAD, deadLetter, redriveLetters } from "./redriving.js";
import { TakenIds } from "./taken-ids.js";
import { Takers } from "./takers.js";
import type { Consumer, GetOptions, Handed, QueueDescription, Verdict } from "./transports/queue-calls.js";
import type { Stand } from "./trial.js";

/** What a local queue asks of the bus that it lives in. */
export interface LocalQueueHome {
  readonly clock: Clock;
  readonly stand: Stand;
  /** The dead letters of a queue. */
  deadLetters(origin: LocalQueueSpec): LocalQueue;
  /** The queue of that name. */
  find(name: string): LocalQueue | undefined;
  /** A message went that nobody had taken: it expired, or made room for a newer one. */
  dropped(queue: string, message: Message, reason: Loss): void;
  forget(queue: LocalQueue): void;
  report(error: unknown, message?: Message): void;
}

export class LocalQueue implements Keeper {
  readonly clock: Clock;
  private readonly ready = new PriorityLine<Entry>();
  private readonly delayed: Later<Entry>;
  private readonly expiring: Expiring<Entry>;
  private readonly ids: TakenIds;
  private readonly leases: LeaseBook;
  private readonly takers: Takers;
  private sequence = 0;
  private bytes = 0;
  private paused = false;
  private removed = false;

  constructor(
    readonly spec: LocalQueueSpec,
    private readonly home: LocalQueueHome,
    private readonly shared: boolean,
  ) {
    const { clock } = home;
    this.clock = clock;
    this.delayed = new Later(clock, (entry) => this.again(entry));
    this.expiring = new Expiring(
      clock,
      (entry) => this.expired(entry),
      ({ place }) => place !== "out",
      () => this.ready.length + this.delayed.size,
    );
    this.ids = new TakenIds(clock, spec.dedupe);
    this.leases = new LeaseBook(clock, (entry) => this.failed(entry, "the lease ran out", 0));
    this.takers = new Takers(clock, (max, autoAck) => this.take(max, autoAck));
  }

  get name(): string {
    return this.spec.name;
  }

  get patterns(): readonly string[] {
    return this.spec.patterns;
  }

  /** What the bus hands messages to. */
  listener(patterns: readonly Identifier[]): Listener {
    return {
      listens: true,
      title: this.name,
      keeps: true,
      patterns,
      admit: (message) => this.admit(message),
      hear: (message) => this.hear(message),
      heardBatch: () => {},
    };
  }

  /** Keeps a message. */
  keep(message: Message): void {
    const { ttl, delay } = this.spec;
    const { size, priority } = message.detach();
    const published = message.publishedAt?.getTime() ?? this.clock.wall();
    const expires = Math.min(message.expiresAt?.getTime() ?? Infinity, published + ttl * 1000);
    const sequence = this.sequence++;
    const entry: Entry = { message, priority, sequence, size, expires, watched: false, place: "ready", failed: 0 };
    this.bytes += size;
    const due = Math.max(message.deliverAt?.getTime() ?? 0, delay > 0 ? published + delay * 1000 : 0);
    if (due > this.clock.wall()) this.wait(entry, due);
    else {
      this.ready.push(entry);
      this.expiring.watch(entry);
      this.takers.serve();
    }
  }

  /** Keeps a message that another queue gave up. */
  keepLetter(message: Message): void {
    this.makeRoom(message.size);
    this.keep(message);
  }

  async get({ max, wait, autoAck, signal }: GetOptions): Promise<readonly Handed[]> {
    signal?.throwIfAborted();
    this.assertThere();
    const now = this.take(max, autoAck);
    return now.length > 0 || wait <= 0 ? now : this.takers.wait(max, autoAck, wait, signal);
  }

  async settle(leaseId: string, verdict: Verdict): Promise<boolean> {
    this.assertThere();
    const entry = this.leases.settle(leaseId);
    if (entry === "before") return false;
    if (entry === undefined) throw this.lost(leaseId);
    if (verdict.verb === "retry") return this.failed(entry, "retried", verdict.delay);
    if (verdict.verb === "ack") this.acknowledged(entry);
    else if (verdict.verb === "release") this.again(entry);
    else this.bury(entry, verdict.why || "rejected");
    return verdict.verb === "reject";
  }

  async extend(leaseId: string, seconds = this.spec.lease): Promise<Date> {
    this.assertThere();
    const deadline = this.leases.extend(leaseId, seconds);
    if (deadline === undefined) throw this.lost(leaseId);
    return deadline;
  }

  async describe(): Promise<QueueDescription> {
    this.assertThere();
    this.expiring.look();
    const status = {
      ready: this.ready.length,
      delayed: this.delayed.size,
      leased: this.leases.size,
      bytes: this.bytes,
      consumers: this.takers.size,
    };
    return { maxMessages: this.spec.maxMessages, lease: this.spec.lease, status };
  }

  async peek(max: number): Promise<readonly Message[]> {
    this.assertThere();
    this.expiring.look();
    const shown: Message[] = [];
    for (const { message } of this.ready) {
      if (shown.length >= max) break;
      shown.push(message);
    }
    return shown;
  }

  async purge(): Promise<number> {
    this.assertThere();
    const gone = [...this.ready, ...this.delayed];
    for (const entry of gone) this.leave(entry);
    this.ready.clear();
    this.delayed.clear();
    return gone.length;
  }

  async pause(): Promise<void> {
    this.assertThere();
    this.paused = true;
  }

  async resume(): Promise<void> {
    this.assertThere();
    this.paused = false;
    this.takers.serve();
  }

  /** Each goes to the end of the queue that it came from, with all its attempts before it. */
  async redrive(max: number, rate: number, ids?: readonly string[]): Promise<number> {
    this.assertThere();
    const { name, home } = this;
    const meant = ids && [...this.ready].filter(({ message }) => ids.includes(message.messageId));
    const letters = { name, home, count: () => (meant ?? this.ready).length, next: () => this.takeLetter(meant) };
    return redriveLetters(letters, max, meant ? Number.POSITIVE_INFINITY : rate);
  }

  /** Tells what it kept until now from what it keeps later. */
  get mark(): number {
    return this.sequence;
  }

  /** Forgets what it kept since the mark, and which ids it took: a test is over. */
  forgetSince(mark: number): void {
    const young = ({ sequence }: Entry) => sequence >= mark;
    for (const entry of [...this.ready].filter(young)) {
      this.ready.remove(entry);
      this.leave(entry);
    }
    for (const entry of [...this.delayed].filter(young)) {
      this.delayed.remove(entry);
      this.leave(entry);
    }
    for (const entry of this.leases.forget(young)) this.leave(entry);
    this.ids.clear();
  }

  async restored(): Promise<boolean> {
    return false;
  }

  async remove(): Promise<void> {
    this.home.forget(this);
    await this.purge();
    this.leases.clear();
    this.expiring.clear();
    this.removed = true;
    this.takers.end(this.notFound());
  }

  consume(credit: number, autoAck: boolean): Consumer {
    this.assertThere();
    return new LocalConsumer(this, this.takers, credit, autoAck);
  }

  dead(): Keeper {
    return this.home.deadLetters(this.spec);
  }

  async close(): Promise<void> {
    if (!this.shared && !this.removed) await this.remove();
  }

  private admit(message: Message): void {
    if (this.ids.has(message.messageId)) return;
    if (this.refuses(message.size)) throw this.fullError();
  }

  private hear(message: Message): boolean {
    if (this.ids.has(message.messageId)) return false;
    // What another process published cannot be refused there any more.
    if (this.refuses(message.size)) {
      this.home.report(this.fullError(), message);
      return false;
    }
    this.makeRoom(message.size);
    this.ids.add(message.messageId);
    this.keep(message);
    return true;
  }

  private refuses(bytes: number): boolean {
    if (!this.overflows(bytes)) return false;
    this.expiring.look();
    return this.overflows(bytes) && (this.spec.overflow === "reject_publish" || bytes > this.spec.maxBytes);
  }

  /** Lets the oldest go that nobody leases, as far as there are any; what is delayed goes last. */
  private makeRoom(bytes: number): void {
    while (this.overflows(bytes)) {
      const oldest = this.ready.shiftOldest() ?? this.delayed.shift();
      if (oldest === undefined) return;
      this.drop(oldest, "overflow");
    }
  }

  private overflows(bytes: number): boolean {
    const messages = this.ready.length + this.delayed.size + this.leases.size;
    return messages + 1 > this.spec.maxMessages || this.bytes + bytes > this.spec.maxBytes;
  }

  private fullError(): QueueFull {
    const { name, maxMessages, maxBytes } = this.spec;
    return new QueueFull(
      `the queue ${name} is at its bound of ${maxMessages} messages or ${maxBytes} bytes; take some first`,
    );
  }

  private take(max: number, autoAck: boolean): Handed[] {
    const handed: Handed[] = [];
    this.expiring.look();
    while (!this.paused && handed.length < max) {
      const entry = this.next();
      if (entry === undefined) break;
      handed.push(this.hand(entry, autoAck));
    }
    return handed;
  }

  /** The one to hand out now; under test perhaps its successor, once. */
  private next(): Entry | undefined {
    const first = this.ready.shift();
    const { trial } = this.home.stand;
    if (first === undefined || trial === undefined || first.disturbed || !trial.overtakes()) return first;
    const second = this.ready.shift();
    if (second === undefined) return first;
    const [sooner, later] = second.priority === first.priority ? [second, first] : [first, second];
    first.disturbed = later === first;
    this.ready.insert(later);
    return sooner;
  }

  /** It is done; under test perhaps it comes once more, as after an acknowledgement that was lost. */
  private acknowledged(entry: Entry): void {
    if (entry.repeated || !this.home.stand.trial?.repeats()) this.bytes -= entry.size;
    else {
      entry.repeated = true;
      this.again(entry);
    }
  }

  private takeLetter(meant?: Entry[]): Message | undefined {
    const entry = meant ? meant.shift() : this.ready.shift();
    if (entry === undefined) return undefined;
    if (meant) this.ready.remove(entry);
    this.leave(entry);
    return entry.message;
  }

  private hand(entry: Entry, autoAck: boolean): Handed {
    const attempt = entry.failed + 1;
    entry.place = "out";
    if (autoAck) {
      this.bytes -= entry.size;
      return { message: handed(entry.message, attempt), leaseId: "", attempt, deadline: undefined };
    }
    const { leaseId, deadline } = this.leases.lease(entry, this.spec.lease);
    return { message: handed(entry.message, attempt), leaseId, attempt, deadline };
  }

  /** A counted attempt failed: another one after a while, or the dead letters; whether it was the last. */
  private failed(entry: Entry, why: string, delay?: number): boolean {
    entry.failed++;
    const { maxAttempts, backoff } = this.spec;
    if (entry.failed >= maxAttempts) {
      this.bury(entry, `${why} after attempt ${entry.failed} of ${maxAttempts}`);
      return true;
    }
    const seconds = delay ?? Math.min(backoff[1], backoff[0] * 2 ** (entry.failed - 1));
    this.wait(entry, this.clock.wall() + seconds * 1000);
    return false;
  }

  private wait(entry: Entry, due: number): void {
    entry.place = "delayed";
    this.delayed.add(entry, due);
    this.expiring.watch(entry);
  }

  private again(entry: Entry): void {
    entry.place = "ready";
    this.ready.insert(entry);
    this.expiring.watch(entry);
    this.takers.serve();
  }

  private expired(entry: Entry): void {
    if (entry.place === "ready") this.ready.remove(entry);
    else this.delayed.remove(entry);
    this.drop(entry, "expired");
  }

  private drop(entry: Entry, reason: Loss): void {
    this.leave(entry);
    this.home.dropped(this.name, entry.message, reason);
  }

  private leave(entry: Entry): void {
    entry.place = "out";
    this.bytes -= entry.size;
  }

  /** A dead letter that is given up again is forgotten: there is nowhere further to go. */
  private bury(entry: Entry, why: string): void {
    this.bytes -= entry.size;
    if (this.name.endsWith(DEAD)) return;
    const letter = deadLetter(entry.message, this.name, why, entry.failed, this.clock.wall());
    this.home.deadLetters(this.spec).keepLetter(letter);
  }

  private assertThere(): void {
    if (this.removed) throw this.notFound();
  }

  private notFound(): QueueNotFound {
    return new QueueNotFound(`there is no queue ${this.name} any more: it was deleted`);
  }

  private lost(leaseId: string): LeaseLost {
    return new LeaseLost(
      `the lease ${leaseId} of the queue ${this.name} is over; somebody else may hold the message now`,
    );
  }
}
