// The core: matches, routes, leases, gives up. It joins the pieces of this folder and knows no transport.
import type { Engine } from "../engines/engine.js";
import type { Limits } from "../limits.js";
import type { Clock } from "../model/clock.js";
import { queueFields } from "../model/fields.js";
import { readIdentifier } from "../model/identifier.js";
import { bodyOf, systemMessage } from "../model/message.js";
import { Asks } from "./asks.js";
import { type FollowedPattern, Follower } from "./follower.js";
import { type Intake, type IntakeOptions, Intaker } from "./intake.js";
import { Mailboxes } from "./mailboxes.js";
import { Presence } from "./presence.js";
import type { Report } from "./queue.js";
import { Queues } from "./queues.js";
import { Redriving } from "./redriving.js";
import { Router } from "./router.js";
import { Session } from "./session.js";
import { Turn } from "./turn.js";
import { UNACKNOWLEDGED, Unacknowledged } from "./unacknowledged.js";

export class Broker {
  readonly turn = new Turn();
  readonly asks: Asks;
  readonly presence: Presence;
  readonly queues: Queues;
  readonly mailboxes: Mailboxes;
  readonly redriving: Redriving;
  readonly unacknowledged: Unacknowledged;
  readonly #router: Router;
  readonly #intaker: Intaker;
  readonly #followers = new Set<Follower>();
  /** Who publishes the system's own messages. */
  readonly #system = new Session("", "berrymq");

  constructor(
    readonly engine: Engine,
    readonly clock: Clock,
    readonly limits: Limits,
    readonly report: Report,
  ) {
    this.asks = new Asks(limits);
    this.#router = new Router(this.asks, limits);
    this.queues = new Queues(
      engine,
      this.#router,
      clock,
      limits,
      (action, kwargs) => this.#announce(action, kwargs),
      report,
    );
    const announce = (action: string, kwargs: Record<string, unknown>) => this.#announce(action, kwargs);
    this.mailboxes = new Mailboxes(this.queues);
    this.redriving = new Redriving(this.queues, engine, clock);
    this.unacknowledged = new Unacknowledged(engine, this.#router, clock, limits, announce, report, this.#system);
    this.#intaker = new Intaker(this.#router, engine, clock, limits, this.mailboxes, this.unacknowledged);
    this.presence = new Presence(clock, limits, {
      connected: (session) => this.#announcePeer("connect", session),
      disconnected: (session) => this.#announcePeer("disconnect", session),
      away: (session, stillAway) => this.queues.ownerAway(session.id, stillAway),
    });
  }

  async open(): Promise<void> {
    const { queues, progress } = await this.engine.open();
    this.queues.open(queues.filter(({ options }) => options.name !== UNACKNOWLEDGED));
    await this.unacknowledged.open();
    this.presence.restore(progress, queues);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.unacknowledged.close();
    this.queues.close();
    await this.engine.close();
  }

  /** Takes a batch in and hands it on. @throws Refusal for the batch as a whole. */
  publish(session: Session, batch: Buffer, options: IntakeOptions): Intake {
    return this.#intaker.take(session, batch, options);
  }

  addFollower(session: Session): Follower {
    const follower = new Follower(session, this.turn, this.clock, this.limits);
    this.#followers.add(follower);
    return follower;
  }

  removeFollower(follower: Follower): void {
    if (!this.#followers.delete(follower)) return;
    for (const { identifier } of follower.patterns.values()) this.#router.removeFollower(identifier, follower);
    this.asks.left(follower.session);
  }

  follow(follower: Follower, pattern: FollowedPattern): void {
    const known = follower.patterns.get(pattern.identifier.text);
    follower.patterns.set(pattern.identifier.text, pattern);
    if (known !== undefined) return;
    this.#router.addFollower(pattern.identifier, follower);
    this.unacknowledged.followed(pattern.identifier, follower);
  }

  unfollow(follower: Follower, text: string): void {
    const known = follower.patterns.get(text);
    if (known === undefined) return;
    follower.patterns.delete(text);
    this.#router.removeFollower(known.identifier, follower);
  }

  /** The other sessions whose followers answer what is published to the identifier. */
  answerers(session: Session, text: string): Set<Session> {
    const identifier = readIdentifier(text);
    const found = new Set<Session>();
    for (const receiver of this.#router.find(identifier).followers) {
      if (receiver.session === session || !(receiver instanceof Follower)) continue;
      if (receiver.answers(identifier)) found.add(receiver.session);
    }
    return found;
  }

  get followers(): number {
    return this.#followers.size;
  }

  #announcePeer(action: string, session: Session): void {
    if (session.ident !== "") this.#announce(action, { ident: session.ident });
  }

  /** Publishes a message of the system's own. */
  #announce(action: string, kwargs: Record<string, unknown>): void {
    const route = this.#router.find(readIdentifier(`berrymq:${action}`));
    if (route.followers.length === 0 && route.queues.length === 0) return;
    const entry = systemMessage(action, kwargs, this.clock.wall());
    for (const follower of route.followers) follower.push(entry, 1, 0, this.#system);
    const queues = route.queues.filter((queue) => queue.admit(entry.length) === undefined);
    const body = bodyOf(entry);
    const appends = queues.map((queue) => queue.entry(body, queueFields(body)));
    this.engine.append(appends).then(() => queues.forEach((queue) => queue.stored()), this.report);
    for (const queue of queues) queue.appended();
  }
}
