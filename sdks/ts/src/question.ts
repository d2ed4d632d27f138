// Asking: publishes a question and iterates over the answers, of this process's handlers and of everybody else's.
import { leftAtOnce } from "./consuming.js";
import type { Dispatcher } from "./dispatcher.js";
import { Closed, InvalidArgument, NoFollowers } from "./errors.js";
import type { AnyEvents, ArgumentsOf, IdentifierOf, ResultOf } from "./events.js";
import { envelopeOf, Message } from "./message.js";
import type { Publisher } from "./publisher.js";
import { type Answers, answerValue, CollectedAnswers } from "./talk.js";
import { EVERYBODY } from "./transports/transport.js";

/** Asks that wait a given time. */
export interface Asking<E = AnyEvents> {
  /** As {@link Bus.ask}. @throws NoFollowers, HandlerFailed, Timeout */
  ask<const K extends IdentifierOf<E> | Message>(identifier: K, ...args: ArgumentsOf<E, K>): Promise<ResultOf<E, K>>;
  /** As {@link Bus.askMany}. @throws NoFollowers, HandlerFailed, Timeout */
  askMany<const K extends IdentifierOf<E> | Message>(
    identifier: K,
    ...args: ArgumentsOf<E, K>
  ): AsyncGenerator<ResultOf<E, K>, void, undefined>;
}

export class Questions {
  private readonly waiting = new Set<Answers>();

  constructor(
    private readonly publisher: Publisher,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** @throws InvalidArgument */
  within(seconds: number): Asking {
    if (!(seconds > 0)) throw new InvalidArgument(`within takes seconds above 0, not ${seconds}`);
    return {
      ask: async (identifier, ...args) => {
        for await (const value of this.question(identifier, args, 1, seconds)) return value;
        throw new NoFollowers(`nobody answers ${identifier instanceof Message ? identifier.id : identifier}`);
      },
      askMany: (identifier, ...args) => this.question(identifier, args, EVERYBODY, seconds),
    };
  }

  /** Who still waits for an answer waits no more. */
  end(): void {
    for (const each of this.waiting) each.fail(new Closed("the bus was closed before there was an answer"));
  }

  /** Asks at once. What refuses it is thrown where the first answer is wanted. */
  private question(
    identifier: string | Message,
    args: readonly unknown[],
    wanted: number,
    seconds: number,
  ): AsyncGenerator<unknown, void, undefined> {
    const left = new AbortController();
    const question = identifier instanceof Message ? identifier.id : identifier;
    const answers = this.begin(identifier, args, wanted, seconds, left);
    return leftAtOnce(answered(answers, question, wanted, seconds, left), () => answers.leave());
  }

  private begin(
    identifier: string | Message,
    args: readonly unknown[],
    wanted: number,
    seconds: number,
    left: AbortController,
  ): Answers {
    const collected = new CollectedAnswers(this.publisher.clock, this.waiting);
    const { answers } = collected;
    try {
      const message = this.publisher.message(identifier, args);
      const link = this.publisher.prepare(message);
      this.publisher.note(message);
      this.dispatcher.dispatch(message, false, collected);
      if (link === undefined) {
        if (collected.of === 0) answers.end();
      } else if (collected.of === 0 || wanted > 1) {
        if (collected.of > 0) answers.join();
        void gather(link.ask(envelopeOf(message), wanted, seconds, left.signal), answers);
      } else this.publisher.tell(link, message);
    } catch (error) {
      answers.fail(error);
    }
    return answers;
  }
}

async function* answered(
  answers: Answers,
  question: string,
  wanted: number,
  seconds: number,
  left: AbortController,
): AsyncGenerator<unknown, void, undefined> {
  let taken = 0;
  try {
    for await (const value of answers.within(seconds, question)) {
      taken++;
      yield value;
    }
  } finally {
    // The gateway ends a question that has its answers; servers close connections that reset many streams.
    if (taken < wanted) left.abort();
  }
}

/** What the gateway's ask brings goes to who asked. Its end without anybody's answer is an end like any other. */
async function gather(stream: AsyncIterable<Message>, answers: Answers): Promise<void> {
  try {
    for await (const answer of stream) {
      if (answer.answer?.of !== 0) answers.add(() => answerValue(answer));
    }
    answers.end();
  } catch (error) {
    answers.end(error);
  }
}
