// Joins a bus to a gateway and keeps it joined: connects, follows, publishes, and after a loss does all of it again.
import { backoffSeconds } from "./backoff.js";
import type { Envelope } from "./envelope.js";
import { type BerryMQError, Closed, Timeout, Unavailable } from "./errors.js";
import { FollowSync } from "./follow-sync.js";
import { type Hearer, Inbox } from "./inbox.js";
import type { Message } from "./message.js";
import { randomText } from "./message-id.js";
import { type Bounds, Outbox } from "./outbox.js";
import type { Tally } from "./receipt.js";
import { openConnection } from "./transports/open.js";
import type { QueueCalls } from "./transports/queue-calls.js";
import type { Connection, PublishStream } from "./transports/transport.js";

/** Seconds that a draining gateway gets to answer what was sent to it. */
const DRAIN_SECONDS = 5;

/** What a link asks of its bus. */
export interface LinkHost extends Hearer {
  /** What the process follows: pattern → whether it answers there. */
  patterns(): Map<string, boolean>;
  report(error: unknown): void;
  /** Resolves when what the process keeps at the gateway stands there. */
  prepared(): Promise<unknown>;
}

/** Why one connection is over; without an error it ended in peace. */
interface Ending {
  readonly error?: BerryMQError | undefined;
}

export class Link {
  private session = randomText(16);
  /** Where a draining gateway sent its peers; `""` = nowhere else. */
  private redirect = "";
  private connection: Connection | undefined;
  private publishing: PublishStream | undefined;
  private readonly outbox: Outbox;
  private readonly inbox: Inbox;
  private readonly follows: FollowSync;
  private closed = false;
  /** How many connections there have been. */
  connections = 0;
  private wakeUp: () => void = () => {};
  private end: (ending: Ending) => void = () => {};

  constructor(
    private readonly url: string,
    private readonly ident: string,
    bounds: Bounds,
    private readonly host: LinkHost,
  ) {
    this.outbox = new Outbox(bounds);
    this.follows = new FollowSync(() => host.patterns());
    this.inbox = new Inbox(host, (credit) => this.follows.give(credit));
  }

  /** Resolves once everything is followed at the gateway. @throws Unavailable when that takes longer than `seconds`; Closed when it is closed meanwhile */
  async open(seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    let error: BerryMQError | undefined;
    for (let attempt = 1; ; attempt++) {
      const ending = this.attempt();
      const left = deadline - Date.now();
      const outcome = await first(this.follows.settled(), ending, left);
      if (this.closed) throw this.closedEarly();
      if (outcome === "settled") return this.keep(ending);
      this.drop();
      if (outcome !== "late") error = outcome.error;
      const pause = backoffSeconds(attempt) * 1000;
      if (outcome === "late" || Date.now() + pause >= deadline) throw this.unreachable(seconds, error);
      if (error !== undefined && !error.retryable) throw error;
      await this.pause(pause);
      if (this.closed) throw this.closedEarly();
    }
  }

  /** Takes a message over; `tally` hears what becomes of it. @throws BacklogFull, MessageTooLarge */
  send(message: Envelope, tally: Tally): void {
    this.outbox.append(message, tally);
  }

  /** What is published from now on waits until that has settled. */
  hold(until: Promise<unknown>): void {
    this.outbox.hold(until);
  }

  /** Undefined = a publisher of many may go on; otherwise when it may. */
  room(): Promise<void> | undefined {
    return this.outbox.room();
  }

  patternsChanged(): void {
    this.follows.changed();
  }

  /** A message with `requireAck` needs no further delivery. */
  acknowledge(messageId: string): void {
    this.follows.acknowledge(messageId);
  }

  /** @throws Unavailable while there is no connection */
  ask(question: Envelope, answers: number, seconds: number, signal: AbortSignal): AsyncIterable<Message> {
    return this.current().ask(question, answers, seconds, signal);
  }

  /** @throws Unavailable while there is no connection */
  calls(): QueueCalls {
    return this.current().queues;
  }

  /** Resolves when every publish is answered and every pattern followed. @throws Timeout after `seconds` */
  async flush(seconds: number): Promise<void> {
    await this.within(seconds, Promise.all([this.outbox.emptied(), this.follows.settled(), this.host.prepared()]));
  }

  /** Resolves when every publish is answered. @throws Timeout after `seconds` */
  async answered(seconds: number): Promise<void> {
    await this.within(seconds, this.outbox.emptied());
  }

  private async within(seconds: number, done: Promise<unknown>): Promise<void> {
    const outcome = await first(done, new Promise<never>(() => {}), seconds * 1000);
    if (outcome === "settled") return;
    const state = this.connection === undefined ? `not connected to ${this.url}` : `connected to ${this.url}`;
    throw new Timeout(`after ${seconds} s ${this.outbox.held} messages wait for their answer, ${state}`);
  }

  /** Ends it at once; what is held is given up, and its publishers are told. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.drop();
    this.outbox.abandon(new Closed("the bus was closed before the gateway had answered"));
    this.wakeUp();
    this.end({});
  }

  private current(): Connection {
    if (this.connection === undefined) {
      throw new Unavailable(`there is no connection to ${this.url} at the moment; it is being restored, try again`);
    }
    return this.connection;
  }

  /** Lives through connections until it is closed. */
  private async keep(ending: Promise<Ending>): Promise<void> {
    void this.outlive(ending).catch((error) => this.host.report(error));
  }

  private async outlive(begun: Promise<Ending>): Promise<void> {
    let ending = await begun;
    for (let attempt = 1; !this.closed; attempt++) {
      this.drop();
      this.refuse(ending.error);
      await this.pause(backoffSeconds(attempt) * 1000);
      if (this.closed) return;
      const current = this.attempt();
      void this.follows.settled().then(() => {
        attempt = 0;
      });
      ending = await current;
    }
  }

  /** A stream that ended over what was sent ends again over the same bytes: they are refused, not sent again. */
  private refuse(error: BerryMQError | undefined): void {
    if (error === undefined || error.reason === "UNAVAILABLE" || error.reason === "DRAINING") return;
    this.host.report(error);
    if (error.reason !== "MALFORMED_MESSAGE" && error.reason !== "INVALID_ARGUMENT") return;
    this.outbox.refuseSent(error);
    this.session = randomText(16);
  }

  /** Opens a connection with its two streams; resolves when it is over. */
  private attempt(): Promise<Ending> {
    return new Promise((resolve) => {
      this.end = resolve;
      const address = this.redirect || this.url;
      this.redirect = "";
      openConnection(address, { session: this.session, ident: this.ident }).then(
        (connection) => this.join(connection, resolve),
        (error) => resolve({ error }),
      );
    });
  }

  private join(connection: Connection, end: (ending: Ending) => void): void {
    this.connection = connection;
    this.connections++;
    if (this.closed) {
      this.drop();
      return;
    }
    this.inbox.reset();
    const ended = (error: BerryMQError | undefined) => end({ error });
    const drain = (address: string) => this.drain(address, end);
    this.follows.attach(
      connection.follow({
        ended,
        drain,
        applied: (revision) => this.applied(connection, revision, end),
        batch: (bytes, start, stop, cost) => this.hear(bytes, start, stop, cost),
      }),
    );
  }

  /** The gateway has answered: what waits to be published goes out. */
  private applied(connection: Connection, revision: number, end: (ending: Ending) => void): void {
    if (this.publishing === undefined && connection === this.connection) {
      this.publishing = connection.publish({
        settled: (answers) => this.outbox.settle(answers),
        drain: (address) => this.drain(address, end),
        ended: (error) => end({ error }),
      });
      this.outbox.attach(this.publishing);
    }
    this.follows.confirm(revision);
  }

  private hear(bytes: Buffer, start: number, stop: number, cost: number): void {
    try {
      this.inbox.take(bytes, start, stop, cost);
    } catch (error) {
      this.host.report(error);
    }
  }

  /** Sends nothing more, takes the answers, and moves on. */
  private drain(address: string, end: (ending: Ending) => void): void {
    this.redirect = address;
    this.outbox.detach();
    this.publishing?.end();
    const timer = setTimeout(() => end({}), DRAIN_SECONDS * 1000);
    void this.outbox.sentAnswered().then(() => {
      clearTimeout(timer);
      end({});
    });
  }

  private drop(): void {
    this.outbox.detach();
    this.follows.detach();
    this.connection?.close();
    this.connection = undefined;
    this.publishing = undefined;
  }

  private async pause(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private closedEarly(): Closed {
    return new Closed(`the bus was closed before the gateway at ${this.url} had answered; connect it again`);
  }

  private unreachable(seconds: number, cause: unknown): Unavailable {
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    return new Unavailable(
      `no gateway answered at ${this.url} within ${seconds} s${why}; start one with \`npx berrymq serve\``,
      { cause },
    );
  }
}

/** Which comes first: the work, its ending, or the end of the time. */
async function first(
  work: Promise<unknown>,
  ending: Promise<Ending>,
  milliseconds: number,
): Promise<"settled" | "late" | Ending> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), Math.max(0, milliseconds));
  });
  try {
    return await Promise.race([work.then(() => "settled" as const), ending, late]);
  } finally {
    clearTimeout(timer);
  }
}
