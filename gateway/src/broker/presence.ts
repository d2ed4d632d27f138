// Who is connected: a session is present while one of its streams is open, and is remembered a while longer, so that a publisher
// that reconnects goes on counting where it was and keeps its standalone queues.

import type { KeptQueue, Progress } from "../engines/engine.js";
import type { Limits } from "../limits.js";
import { type Clock, SECOND } from "../model/clock.js";
import { Refusal } from "../model/errors.js";
import { Session } from "./session.js";

/** A session that is touched more often than this is not awaited anew: each time costs a timer. */
const TOUCHED_ANEW = SECOND;

export interface PresenceEvents {
  connected(session: Session): void;
  disconnected(session: Session): void;
  /** No stream is open; tells how long it is to be remembered at least, in microseconds. */
  away(session: Session, stillAway: () => boolean): number;
}

export class Presence {
  #sessions = new Map<string, Session>();

  constructor(
    readonly clock: Clock,
    readonly limits: Pick<Limits, "sessions" | "sessionSeconds">,
    readonly events: PresenceEvents,
  ) {}

  /** The session of a caller that opens no stream. */
  find(id: string, ident: string): Session {
    return this.#sessions.get(id) ?? new Session(id, ident);
  }

  /** A stream of the session opens. */
  enter(id: string, ident: string): Session {
    const session = this.#remembered(id, ident);
    session.ident = ident;
    if (++session.streams === 1) {
      session.visits++;
      this.events.connected(session);
    }
    return session;
  }

  /** A stream of the session ended. */
  leave(session: Session): void {
    if (--session.streams > 0) return;
    this.events.disconnected(session);
    if (session.id !== "") this.#awaitReturn(session);
  }

  /** A session makes something standalone, perhaps before it opens its first stream. */
  expect(id: string, ident: string): Session {
    const session = this.#remembered(id, ident);
    if (session.streams === 0) this.#awaitReturn(session);
    return session;
  }

  /** A session calls that need not have a stream: it is remembered from now on as if one had ended. */
  touch(id: string, ident: string): Session {
    const session = this.#remembered(id, ident);
    const fresh = this.clock.now() - session.awaitedAt < TOUCHED_ANEW;
    if (id === "" || session.streams > 0 || fresh) return session;
    session.visits++;
    this.#awaitReturn(session);
    return session;
  }

  /** Remembers sessions from before a restart, which have the usual time to come back: publishers and owners of queues. */
  restore(progress: readonly Progress[], queues: readonly KeptQueue[]): void {
    for (const { session, sequence } of progress) this.expect(session, "").lastSequence = sequence;
    for (const { options } of queues) if (options.owner !== "") this.expect(options.owner, "");
  }

  #awaitReturn(session: Session): void {
    const { visits } = session;
    session.awaitedAt = this.clock.now();
    const stillAway = () => session.streams === 0 && session.visits === visits;
    const atLeast = this.events.away(session, stillAway);
    this.clock.after(Math.max(this.limits.sessionSeconds * SECOND, atLeast + SECOND), () => {
      if (stillAway()) this.#sessions.delete(session.id);
    });
  }

  get connected(): number {
    let count = 0;
    for (const session of this.#sessions.values()) if (session.streams > 0) count++;
    return count;
  }

  #remembered(id: string, ident: string): Session {
    if (id === "") return new Session("", ident);
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    if (this.#sessions.size >= this.limits.sessions) {
      throw new Refusal("LIMIT_REACHED", `${this.limits.sessions} sessions are remembered, which is the limit`);
    }
    const session = new Session(id, ident);
    this.#sessions.set(id, session);
    return session;
  }
}
