// Answers: the results of handlers, published to a second identifier (talk) or handed to who asked (ask).
import { Buffer } from "./bytes.js";
import type { Clock } from "./clock.js";
import type { Answering } from "./dispatcher.js";
import { HandlerFailed, HopLimit, NoFollowers, NotEncodable, Timeout } from "./errors.js";
import { Fifo } from "./fifo.js";
import { rememberedIdentifier } from "./identifier.js";
import type { Fields } from "./made-envelope.js";
import { type Message, make } from "./message.js";
import { type Content, FAILURE, NO_KWARGS } from "./payload.js";
import { described } from "./thrown.js";

/** Talks and links that a message may travel. */
export const MAX_HOPS = 100;
/** Seconds that an ask waits unless `within` says otherwise. */
export const ASK_SECONDS = 30;

/** Publishes the results of this process's handlers of one message to its `replyTo`. */
export class PublishedAnswers implements Answering {
  private of = 0;

  constructor(
    private readonly message: Message,
    private readonly publish: (answer: Message) => void,
    private readonly report: (error: unknown) => void,
    /** The gateway waits for answers of its ask: nobody's is an answer, too. */
    private readonly declines: boolean,
  ) {}

  begin(of: number): void {
    this.of = of;
    if (of === 0 && this.declines) this.send(0, undefined, false);
  }

  returned(number: number, value: unknown): void {
    this.send(number, value === undefined ? null : value, false);
  }

  threw(number: number, error: unknown): void {
    this.send(number, error, true);
  }

  private send(number: number, value: unknown, failed: boolean): void {
    const { message } = this;
    if (message.hops >= MAX_HOPS) {
      this.report(new HopLimit(`${message.id} has travelled ${MAX_HOPS} talks: its answer is not published`));
      return;
    }
    const answer = { to: message.messageId, number, of: this.of, failed };
    try {
      this.publish(answerMessage(message, number === 0 ? [] : [value], { answer, hops: message.hops + 1 }));
    } catch (error) {
      this.report(error);
      // Who asked learns that there was a result which could not travel, instead of waiting for it.
      if (!failed && error instanceof NotEncodable) this.threw(number, error);
    }
  }
}

function answerMessage(message: Message, args: readonly unknown[], fields: Fields): Message {
  const identifier = rememberedIdentifier(message.replyTo);
  if (!fields.answer!.failed) return make(identifier, { args, kwargs: NO_KWARGS }, fields);
  return make(identifier, undefined, { ...fields, content: failureContent(args[0]) });
}

/** What a handler threw, as it travels: class and text, never its stack. */
export function failureContent(error: unknown): Content {
  const { className, text } = described(error);
  return { payload: Buffer.from(JSON.stringify({ class: className, text })), contentType: FAILURE };
}

/** Collects the results of this process's handlers for who asked here. */
export class CollectedAnswers implements Answering {
  readonly answers: Answers;
  of = 0;
  private outstanding = 0;

  /** @param waiting as of {@link Answers} */
  constructor(clock: Clock, waiting: Set<Answers>) {
    this.answers = new Answers(clock, waiting);
  }

  begin(of: number): void {
    this.of = of;
    this.outstanding = of;
  }

  returned(_number: number, value: unknown): void {
    // What an answer from elsewhere would be: a handler that returns nothing answers null.
    this.add(() => (value === undefined ? null : value));
  }

  threw(_number: number, error: unknown): void {
    const { className, text } = described(error);
    this.add(() => {
      throw new HandlerFailed(className, text);
    });
  }

  private add(answer: () => unknown): void {
    this.answers.add(answer);
    if (--this.outstanding === 0) this.answers.end();
  }
}

/** The value of an answer that was received. @throws HandlerFailed, MalformedMessage */
export function answerValue(answer: Message): unknown {
  const { failure } = answer;
  if (failure) throw new HandlerFailed(failure.className, failure.text);
  return answer.args[0];
}

/** Answers as they come, from any number of sources, until all have ended or the time is over. */
export class Answers {
  private readonly come = new Fifo<() => unknown>();
  private sources = 1;
  private failure: unknown;
  private wake: (() => void) | undefined;
  private left = false;

  /** @param waiting those for which somebody waits, among whom it is then */
  constructor(
    private readonly clock: Clock,
    private readonly waiting: Set<Answers>,
  ) {}

  /** An answer is called for its value, or to throw. */
  add(answer: () => unknown): void {
    this.come.push(answer);
    this.wake?.();
  }

  /** Another source will end, too. */
  join(): void {
    this.sources++;
  }

  /** A source has no more; with an error, the iteration fails with it after what has come, if nothing has been taken. */
  end(error?: unknown): void {
    this.sources--;
    this.failure ??= error;
    this.wake?.();
  }

  /** Nothing comes any more, from whichever source. */
  fail(error: unknown): void {
    this.sources = 0;
    this.failure = error;
    this.wake?.();
  }

  /** Nobody wants more. */
  leave(): void {
    this.left = true;
    this.wake?.();
  }

  /** @throws Timeout when nothing came in time; HandlerFailed at the answer of one that threw. */
  async *within(seconds: number, question: string): AsyncGenerator<unknown, void, undefined> {
    let late = false;
    const deadline = this.clock.after(seconds, () => {
      late = true;
      this.wake?.();
    });
    let taken = 0;
    try {
      while (true) {
        while (this.come.length > 0) {
          taken++;
          yield this.come.shift()!();
        }
        if (this.left) return;
        if (this.sources <= 0 || late) break;
        await this.more();
      }
    } finally {
      deadline.stop();
    }
    this.judge(taken, seconds, question);
  }

  private async more(): Promise<void> {
    const over = this.clock.wait(true);
    this.waiting.add(this);
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.waiting.delete(this);
    over();
  }

  /** Throws when the end is not a good one: nobody answered, or a source broke off. */
  private judge(taken: number, seconds: number, question: string): void {
    const { failure } = this;
    const ranOut = failure === undefined || failure instanceof NoFollowers || failure instanceof Timeout;
    if (taken > 0 && ranOut) return;
    if (this.sources > 0) throw new Timeout(`no answer to ${question} within ${seconds} s`);
    throw failure ?? new NoFollowers(`nobody answers ${question}`);
  }
}
