// Acknowledges messages with `requireAck` that came from the gateway: when all handlers that they reached here have returned, or,
// where only streams follow, when a stream's iteration took them.
import type { Answering, Dispatcher, Reach } from "./dispatcher.js";
import type { Message } from "./message.js";

export class Acknowledging {
  private readonly waiting = new WeakMap<Message, Acknowledgement>();

  constructor(private readonly acknowledge: (messageId: string) => void) {}

  /** Hands a message from the gateway to everybody here, and watches. @param answering hears of its handlers, too */
  deliver(message: Message, answering: Answering | undefined, dispatcher: Dispatcher): void {
    if (!message.requireAck) {
      dispatcher.dispatch(message, true, answering);
      return;
    }
    const watching = this.expect(message, answering);
    watching.reached(dispatcher.dispatch(message, true, watching));
  }

  /** Watches the handlers of one message. */
  expect(message: Message, answering: Answering | undefined): Acknowledgement {
    const made = new Acknowledgement(answering, () => this.acknowledge(message.messageId));
    this.waiting.set(message, made);
    return made;
  }

  /** A stream's iteration took it. */
  taken(message: Message): void {
    this.waiting.get(message)?.taken();
  }
}

/** Of one message. */
class Acknowledgement implements Answering {
  private outstanding = 0;
  private failed = false;
  private handlers = false;
  private took = false;
  private dispatched = false;
  private done = false;

  constructor(
    private readonly answering: Answering | undefined,
    private readonly acknowledge: () => void,
  ) {}

  begin(of: number): void {
    this.outstanding = of;
    this.handlers = of > 0;
    this.answering?.begin(of);
  }

  returned(number: number, value: unknown): void {
    this.answering?.returned(number, value);
    this.outstanding--;
    this.judge();
  }

  late(number: number): boolean {
    if (!this.answering?.late?.(number)) return false;
    this.outstanding--;
    this.judge();
    return true;
  }

  threw(number: number, error: unknown): void {
    this.failed = true;
    this.answering?.threw(number, error);
  }

  taken(): void {
    this.took = true;
    this.judge();
  }

  /** Everybody here was told. */
  reached({ queues }: Reach): void {
    this.dispatched = true;
    this.took ||= queues > 0;
    this.judge();
  }

  private judge(): void {
    const good = this.handlers ? this.outstanding === 0 && !this.failed : this.took;
    if (!this.dispatched || !good || this.done) return;
    this.done = true;
    this.acknowledge();
  }
}
