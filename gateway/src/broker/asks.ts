// Asks that wait: each has an inbox, an identifier of its own that is local to this gateway, to which handlers answer.
import { randomBytes } from "node:crypto";
import { Message } from "../gen/berrymq/v1/message.js";
import type { Limits } from "../limits.js";
import { Refusal } from "../model/errors.js";
import { bodyOf } from "../model/message.js";
import { WireReader } from "../model/wire.js";
import type { Receiver } from "./receiver.js";
import type { Session } from "./session.js";

const INBOX_NAME = "_ask";

export class Asks {
  #inboxes = new Map<string, AskInbox>();

  constructor(readonly limits: Pick<Limits, "asks">) {}

  /**
   * Opens an inbox for one ask.
   *
   * @param expected sessions that may answer
   * @param want how many answers end it
   */
  open(session: Session, expected: Set<Session>, want: number): AskInbox {
    if (this.#inboxes.size >= this.limits.asks) {
      throw new Refusal("LIMIT_REACHED", `${this.limits.asks} asks wait already, which is the limit; ask again later`);
    }
    const inbox = new AskInbox(`${INBOX_NAME}:${randomBytes(9).toString("base64url")}`, session, expected, want);
    this.#inboxes.set(inbox.identifier, inbox);
    return inbox;
  }

  close(inbox: AskInbox): void {
    this.#inboxes.delete(inbox.identifier);
    inbox.end();
  }

  find(key: string): AskInbox | undefined {
    return key.startsWith(INBOX_NAME) ? this.#inboxes.get(key) : undefined;
  }

  /** A session answers no more: nobody waits for it any longer. */
  left(session: Session): void {
    for (const inbox of this.#inboxes.values()) inbox.answered(session);
  }
}

export class AskInbox implements Receiver {
  /** Answers that came, as entries of a batch, which is the encoding of an AskResponse, too. */
  #answers: Buffer[] = [];
  #came = 0;
  /** Answers of each session that is still expected; pools and promises bring them in whatever order. */
  readonly #cameOf = new Map<Session, number>();
  #ended = false;
  #wake: () => void = () => {};

  constructor(
    readonly identifier: string,
    readonly session: Session,
    readonly expected: Set<Session>,
    readonly want: number,
  ) {}

  push(entries: Buffer, _count: number, _expiresAt: number, publisher: Session): void {
    for (const entry of entriesOf(entries)) this.#take(entry, publisher);
    this.#wake();
  }

  /** This session has said all that it has to say. */
  answered(session: Session): void {
    if (this.expected.delete(session) && this.expected.size === 0) this.end();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** How many answers came so far. */
  get came(): number {
    return this.#came;
  }

  /** The answers as they come, until enough came, nobody is left to answer, or it is ended. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      for (let answer = this.#answers.shift(); answer !== undefined; answer = this.#answers.shift()) yield answer;
      if (this.#ended) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #take(entry: Buffer, publisher: Session): void {
    if (this.#ended) return;
    const { answer } = Message.decode(bodyOf(entry));
    const before = this.#cameOf.get(publisher) ?? 0;
    const came = answer?.number === 0 ? before : before + 1;
    this.#cameOf.set(publisher, came);
    if (came > before) {
      this.#answers.push(Buffer.from(entry));
      this.#came++;
    }
    if (this.#came >= this.want) this.end();
    else if (answer === undefined || came >= answer.of) this.answered(publisher);
  }
}

function entriesOf(entries: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < entries.length; ) {
    const reader = new WireReader(entries, at + 1, entries.length);
    const end = reader.fieldEnd();
    found.push(entries.subarray(at, end));
    at = end;
  }
  return found;
}
