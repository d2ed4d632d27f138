// Talking and asking, each call implemented once for all transports.
import type { AskInbox } from "../broker/asks.js";
import type { Broker } from "../broker/broker.js";
import type { Session } from "../broker/session.js";
import { Message } from "../gen/berrymq/v1/message.js";
import type { Duration } from "../gen/google/protobuf/duration.js";
import { DEFAULT_ASK, RANGES } from "../limits.js";
import { type Clock, SECOND } from "../model/clock.js";
import { durationOf } from "../model/duration.js";
import { Refusal } from "../model/errors.js";
import { readTarget } from "../model/identifier.js";
import { withReplyTo } from "../model/message.js";
import type { Caller } from "./caller.js";
import type { Published, PublisherService } from "./publisher.js";

export class TalkService {
  constructor(
    readonly broker: Broker,
    readonly publisher: PublisherService,
    readonly clock: Clock,
  ) {}

  /** Publishes a message whose answers travel to `replyTo`. `request` holds the message at tag 1. */
  async talk(caller: Caller, request: Buffer, replyTo: string): Promise<Published> {
    readTarget(replyTo);
    const session = this.broker.presence.find(caller.session, caller.ident);
    return this.publisher.publishOne(session, withReplyTo(this.publisher.readOne(request), replyTo));
  }

  /**
   * Publishes a message and hands back the answers as they come, as entries of a batch.
   *
   * @throws Refusal NO_FOLLOWERS, TIMEOUT
   */
  async *ask(caller: Caller, request: Buffer, options: AskOptions): AsyncGenerator<Buffer> {
    const timeout = durationOf("timeout", options.timeout, RANGES.ask) ?? DEFAULT_ASK;
    const session = this.broker.presence.find(caller.session, caller.ident);
    const body = this.publisher.readOne(request);
    const { identifier } = Message.decode(body);
    const inbox = this.#open(session, identifier, options.answers || 1);
    const cancel = () => inbox.end();
    options.signal.addEventListener("abort", cancel);
    let over = false;
    const timer = this.clock.after(timeout, () => {
      over = true;
      inbox.end();
    });
    try {
      await this.publisher.publishOne(session, withReplyTo(body, inbox.identifier));
      yield* inbox;
      if (inbox.came === 0 && !options.signal.aborted) throw over ? tooLate(identifier, timeout) : nobody(identifier);
    } finally {
      timer.cancel();
      options.signal.removeEventListener("abort", cancel);
      this.broker.asks.close(inbox);
    }
  }

  #open(session: Session, identifier: string, want: number): AskInbox {
    readTarget(identifier);
    const expected = this.broker.answerers(session, identifier);
    if (expected.size === 0) throw nobody(identifier);
    return this.broker.asks.open(session, expected, want);
  }
}

export interface AskOptions {
  /** How many answers end it; 0 = 1. */
  readonly answers: number;
  readonly timeout: Duration | undefined;
  /** Given when the caller is gone. */
  readonly signal: AbortSignal;
}

function nobody(identifier: string): Refusal {
  return new Refusal("NO_FOLLOWERS", `nobody answers ${JSON.stringify(identifier)}; start a program that follows it`);
}

function tooLate(identifier: string, timeout: number): Refusal {
  return new Refusal("TIMEOUT", `no answer to ${JSON.stringify(identifier)} within ${timeout / SECOND} s`);
}
