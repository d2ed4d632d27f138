// Publishing: to the followers of this process, in order, and to the gateway when there is one.
import type { Clock } from "./clock.js";
import type { Answering, Dispatcher, ErrorCallback } from "./dispatcher.js";
import { Closed, HopLimit, InvalidArgument, ReservedIdentifier, Unavailable } from "./errors.js";
import type { AnyEvents, TupleOf } from "./events.js";
import { isLocal, parseIdentifier, RESERVED_NAME } from "./identifier.js";
import type { Link } from "./link.js";
import { type Fields, fromNow } from "./made-envelope.js";
import { changed, envelopeOf, Message, make } from "./message.js";
import { toCall } from "./payload.js";
import { Published } from "./published.js";
import { onceReached, type Receipt, Tally } from "./receipt.js";
import { HopAnswers, type HopHost, judgeReceipt, type Route, routeOf } from "./route.js";
import { MAX_HOPS, PublishedAnswers } from "./talk.js";
import type { Stand } from "./trial.js";

/** What `publishMany` takes: a message made beforehand, or an identifier with its arguments. */
export type Publication<E = AnyEvents> = Message | TupleOf<E>;

/** What publishing asks of its bus. */
export interface PublisherHost {
  readonly ident: string;
  readonly clock: Clock;
  readonly stand: Stand;
  readonly dispatcher: Dispatcher;
  readonly report: ErrorCallback;
  /** Undefined = the bus is not connected. */
  link(): Link | undefined;
  /** @throws Closed */
  assertOpen(): void;
}

export class Publisher {
  readonly published = new Published();
  private readonly hops: HopHost;

  constructor(private readonly host: PublisherHost) {
    this.hops = {
      wall: () => host.clock.wall(),
      publish: (message) => this.answer(message),
      report: (error) => host.report(error),
    };
  }

  get clock(): Clock {
    return this.host.clock;
  }

  publish(identifier: string | Message, args: readonly unknown[]): Promise<Receipt> {
    return this.publishing((tally) => this.hand(this.message(identifier, args), tally));
  }

  talk(identifier: string | Message, replyTo: string, args: readonly unknown[]): Promise<Receipt> {
    return this.publishing((tally) => {
      parseIdentifier(replyTo);
      this.hand(changed(this.message(identifier, args), { replyTo }), tally);
    });
  }

  /** Publishes the first message of a pipeline, made with the attributes of the route. */
  begin(message: Message, replyTo: string, route: Route): Promise<Receipt> {
    const first = this.message(changed(message, { replyTo }), []);
    return onceReached(this.publish(first, []), (receipt) => judgeReceipt(receipt, first, route, this.hops));
  }

  /** Publishes on what `message` led to, with one hop more. The promise rejects with HopLimit after 100 of them. */
  again(message: Message, identifier: string | Message, args: readonly unknown[]): Promise<Receipt> {
    return this.publishing((tally) => {
      if (message.hops >= MAX_HOPS)
        throw new HopLimit(`${message.id} has travelled ${MAX_HOPS} hops and is not passed on`);
      this.hand(changed(this.message(identifier, args), { hops: message.hops + 1 }), tally);
    });
  }

  publishMany(messages: Iterable<Publication> | AsyncIterable<Publication>): Promise<Receipt> {
    const tally = new Tally(this.host.report);
    this.feed(messages, tally)
      .catch((error) => tally.refuse(error))
      .then(() => tally.settle(1));
    return tally.receipt;
  }

  /** To the gateway, and to nobody here. The promise rejects with Unavailable before the first connection. */
  publishThere(message: Message): Promise<Receipt> {
    return this.publishing((tally) => {
      this.host.assertOpen();
      const link = this.host.link();
      if (link === undefined) throw new Unavailable(`${message.id} goes to a gateway; connect the bus first`);
      const made = this.message(message, []);
      tally.messageId = made.messageId;
      this.note(made);
      this.forward(link, made, tally);
    });
  }

  /** The message as it is published: with its time and its sender. One that was received is passed on as it is. */
  message(identifier: string | Message, args: readonly unknown[]): Message {
    if (!(identifier instanceof Message)) return this.made(identifier, args);
    if (args.length > 0) throw new InvalidArgument("a message made beforehand has its arguments already");
    // An answer is published by nobody's call.
    if (identifier.answer === undefined) this.published.read(identifier.id);
    if (identifier.publishedAt !== undefined) return identifier;
    const now = this.micros();
    const times = this.host.clock.virtual ? fromNow(envelopeOf(identifier), now) : undefined;
    return changed(identifier, { publishedAt: now, sender: this.host.ident, ...times });
  }

  /** Who looks on learns of a message. */
  note(message: Message): void {
    this.host.stand.trial?.published(message);
  }

  /** Refuses what cannot be published before anybody got it; gives the link when the message leaves the process. */
  prepare(message: Message): Link | undefined {
    this.host.assertOpen();
    const { reserved, local } = message.identifier;
    if (reserved) {
      throw new ReservedIdentifier(
        `${message.id}: the name ${RESERVED_NAME} belongs to the system; choose another name`,
      );
    }
    const link = local ? undefined : this.host.link();
    // Encoding is where NotEncodable comes from.
    if (link !== undefined) void message.payload;
    this.host.dispatcher.admit(message);
    return link;
  }

  /** Hands a message to the gateway for which nobody here waits. */
  tell(link: Link, message: Message): void {
    const tally = new Tally(this.host.report);
    this.forward(link, message, tally);
    tally.settle(1);
  }

  private forward(link: Link, message: Message, tally: Tally): void {
    link.send(envelopeOf(message), tally);
    this.host.dispatcher.witness?.("forward", message);
  }

  /** Publishes what handlers of a message return, where somebody wants it. @param foreign the message came from the gateway */
  answersOf(message: Message, foreign: boolean): Answering | undefined {
    if (message.replyTo === "") return undefined;
    const route = this.routeOf(message);
    if (route !== undefined) return new HopAnswers(message, route, this.hops);
    // A local name that came from the gateway is the gateway's own: the answer goes there and nowhere else.
    const gatewayAsks = foreign && isLocal(message.replyTo);
    return new PublishedAnswers(
      message,
      (answer) => (gatewayAsks ? this.tell(this.connected(), this.message(answer, [])) : this.answer(answer)),
      (error) => this.host.report(error, message),
      gatewayAsks,
    );
  }

  private publishing(work: (tally: Tally) => void): Promise<Receipt> {
    const tally = new Tally(this.host.report);
    try {
      work(tally);
    } catch (error) {
      tally.refuse(error);
    }
    tally.settle(1);
    return tally.receipt;
  }

  private async feed(messages: Iterable<Publication> | AsyncIterable<Publication>, tally: Tally): Promise<void> {
    if (Symbol.asyncIterator in messages) {
      for await (const each of messages) await this.handWithRoom(each, tally);
      return;
    }
    for (const each of messages) {
      const room = this.handWithRoom(each, tally);
      if (room !== undefined) await room;
    }
  }

  /** Hands one of many over; a promise when there was no room and it had to wait. */
  private handWithRoom(each: Publication, tally: Tally): Promise<void> | undefined {
    const room = this.host.link()?.room();
    if (room !== undefined) return room.then(() => this.handWithRoom(each, tally));
    if (each instanceof Message) this.hand(this.message(each, []), tally);
    else if (Array.isArray(each)) this.hand(this.made(each[0], each.slice(1)), tally);
    else throw new InvalidArgument(`publishMany takes messages and [identifier, …arguments], not ${String(each)}`);
    return undefined;
  }

  private made(identifier: string, args: readonly unknown[]): Message {
    const fields: Fields = { publishedAt: this.micros(), sender: this.host.ident };
    return make(this.published.read(identifier), toCall(args), fields);
  }

  /** Gives a message to everybody: here, then to the gateway. */
  private hand(message: Message, tally: Tally): void {
    const link = this.prepare(message);
    if (tally.messageId === "") tally.messageId = message.messageId;
    this.note(message);
    const { followers, queues } = this.host.dispatcher.dispatch(message, false, this.answersOf(message, false));
    tally.reached(followers, queues);
    if (link) this.forward(link, isLocal(message.replyTo) ? changed(message, { replyTo: "" }) : message, tally);
  }

  private answer(answer: Message): Promise<Receipt> {
    const tally = new Tally(this.host.report);
    this.hand(this.message(answer, []), tally);
    tally.settle(1);
    return tally.receipt;
  }

  /** One whose way cannot be read is reported, and answered as a plain talk. */
  private routeOf(message: Message): Route | undefined {
    try {
      return routeOf(message);
    } catch (error) {
      this.host.report(error, message);
      return undefined;
    }
  }

  /** Now, in microseconds since the Unix epoch. */
  private micros(): number {
    return this.host.clock.wall() * 1000;
  }

  private connected(): Link {
    const link = this.host.link();
    if (link === undefined) throw new Closed("the bus is not connected to a gateway any more; connect it again");
    return link;
  }
}
