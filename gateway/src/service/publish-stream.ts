// One publisher's stream of batches: counts sequence numbers, passes over what was taken in before, and gathers the answers of one
// turn into one, in order.
import type { Broker } from "../broker/broker.js";
import type { Intake } from "../broker/intake.js";
import type { Session } from "../broker/session.js";
import type { Accepted, PublishBatchesResponse, Refused } from "../gen/berrymq/v1/publisher_service.js";
import { Refusal, toRefusal } from "../model/errors.js";

/** Sequence numbers are counted as doubles, exact up to here and a batch beyond. */
const MOST_COUNTED = 2 ** 52;

export class PublishStream {
  /** Called with the answers of a turn. */
  onAnswer: (answer: PublishBatchesResponse) => void = () => {};
  readonly #session: Session;
  #pending = emptyAnswer();
  #scheduled = false;
  /** The answers before this one; answers keep the order of their batches though some wait for a disk. */
  #before: Promise<unknown> | undefined;
  #closed = false;

  constructor(
    readonly broker: Broker,
    session: Session,
  ) {
    this.#session = session;
  }

  /**
   * Takes a batch in.
   *
   * @returns a promise when the batch waits to be stored, so that the transport may stop reading meanwhile
   * @throws Refusal that ends the stream
   */
  accept(batch: Buffer, firstSequence: number, resent: boolean): Promise<unknown> | undefined {
    const session = this.#session;
    const { lastSequence: last, certain } = session;
    const first = firstSequence || last + 1;
    if (first > MOST_COUNTED) throw new Refusal("INVALID_ARGUMENT", `first_sequence: ${first} is beyond counting`);
    if (certain && first > last + 1) throw gap(first, last);
    const skip = Math.max(0, last + 1 - first);
    const intake = this.broker.publish(session, batch, { first, skip, resent: resent && !certain });
    if (intake.count === 0)
      throw new Refusal("INVALID_ARGUMENT", "batch: it is empty or absent; send at least one message");
    session.lastSequence = Math.max(last, first + intake.count - 1);
    session.certain = true;
    return this.#answerInOrder(intake, first);
  }

  /** What is to be answered still, once nothing more comes. */
  async settled(): Promise<void> {
    await this.#before;
    if (this.#scheduled) await new Promise<void>((resolve) => this.broker.turn.answer(resolve));
  }

  /** The session, which had entered, leaves. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.broker.presence.leave(this.#session);
  }

  #answerInOrder(intake: Intake, first: number): Promise<unknown> | undefined {
    if (intake.stored === undefined && this.#before === undefined) {
      this.#add(intake, first);
      return undefined;
    }
    const mine = this.#answerAfter(this.#before, intake, first).finally(() => {
      if (this.#before === mine) this.#before = undefined;
    });
    this.#before = mine;
    return mine;
  }

  async #answerAfter(before: Promise<unknown> | undefined, intake: Intake, first: number): Promise<void> {
    const stored = intake.stored?.then(
      () => intake,
      (error: unknown) => notStored(intake, toRefusal(error, this.broker.report)),
    );
    await before;
    this.#add((await stored) ?? intake, first);
  }

  #add(intake: Intake, first: number): void {
    const pending = this.#pending;
    pending.through = BigInt(first + intake.count - 1);
    for (const { first: at, count, followers, queues } of intake.accepted) {
      addAccepted(pending.accepted, { firstSequence: BigInt(first + at), count, followers, queues });
    }
    for (const { first: at, count, refusal } of intake.refused) {
      const refused: Refused = { firstSequence: BigInt(first + at), count, error: refusal.toError() };
      pending.refused.push(refused);
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.broker.turn.answer(() => this.#answer());
  }

  #answer(): void {
    const answer = this.#pending;
    this.#pending = emptyAnswer();
    this.#scheduled = false;
    this.onAnswer(answer);
  }
}

/** What queues were to keep is refused; what only followers were to hear they have heard. */
function notStored(intake: Intake, refusal: Refusal): Intake {
  const [kept, heard] = [
    intake.accepted.filter(({ queues }) => queues > 0),
    intake.accepted.filter(({ queues }) => queues === 0),
  ];
  const failed = kept.map(({ first, count }) => ({ first, count, refusal }));
  const refused = [...intake.refused, ...failed].sort((one, other) => one.first - other.first);
  return { ...intake, accepted: heard, refused };
}

function emptyAnswer(): PublishBatchesResponse {
  return { through: 0n, accepted: [], refused: [], drain: undefined };
}

/** Adds a run, lengthening the last one where it goes on alike. */
function addAccepted(runs: Accepted[], run: Accepted): void {
  const last = runs.at(-1);
  const alike = last !== undefined && last.followers === run.followers && last.queues === run.queues;
  if (alike && last.firstSequence + BigInt(last.count) === run.firstSequence) last.count += run.count;
  else runs.push(run);
}

function gap(first: number, last: number): Refusal {
  return new Refusal(
    "INVALID_ARGUMENT",
    `first_sequence: ${first} after ${last}; a session counts its messages without a gap`,
  );
}
