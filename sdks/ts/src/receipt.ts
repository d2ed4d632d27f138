// What publishing gives back: a promise of whom the message reached.

/** Whom a publish reached, once the gateway has answered; at once without a gateway. */
export interface Receipt {
  /** The message's id; of `publishMany`, that of its first message. */
  readonly messageId: string;
  /** Followers: those called here and those that the gateway reached. */
  readonly followers: number;
  /** Queues that keep it. */
  readonly queues: number;
}

/**
 * A promise whose rejection is never an "unhandled rejection": when nobody looks at it, it goes to `onError` instead.
 */
export class Publishing extends Promise<Receipt> {
  private looked = false;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: looking at a promise is calling its then
  override then<A = Receipt, B = never>(
    fulfilled?: ((value: Receipt) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.looked = true;
    return super.then(fulfilled, rejected);
  }

  /** Calls back once it is fulfilled. That is no looking: a rejection is as it was. */
  told(callback: (receipt: Receipt) => void): this {
    super.then(callback, () => {});
    return this;
  }

  /** Once it is rejected, gives everybody a turn to look, then tells `report`. */
  watch(report: (error: unknown) => void): this {
    super.then(undefined, (error) => {
      if (!this.looked) setTimeout(() => this.looked || report(error), 0);
    });
    return this;
  }
}

/** Calls back once it is fulfilled. That is no looking: a rejection is as it was. Returns the receipt. */
export function onceReached(receipt: Promise<Receipt>, callback: (receipt: Receipt) => void): Promise<Receipt> {
  if (receipt instanceof Publishing) return receipt.told(callback);
  void receipt.then(callback);
  return receipt;
}

/** Counts what becomes of the messages of one publish. */
export class Tally {
  messageId = "";
  private followers = 0;
  private queues = 0;
  private open = 1;
  private publishing: Publishing | undefined;
  private resolve!: (receipt: Receipt) => void;
  private reject!: (error: unknown) => void;

  constructor(private readonly report: (error: unknown) => void) {}

  /** What was settled before anybody asked needs none that can be rejected, which costs more than a small publish. */
  get receipt(): Promise<Receipt> {
    if (this.open <= 0 && this.publishing === undefined) return Promise.resolve(this.counted());
    return this.promised();
  }

  /** Counts whom messages reached. */
  reached(followers: number, queues: number): void {
    this.followers += followers;
    this.queues += queues;
  }

  /** So many messages' answers are outstanding now. */
  expect(messages: number): void {
    this.open += messages;
  }

  /** So many messages are answered. The publisher's own hand counts as one from the beginning. */
  settle(messages: number): void {
    this.open -= messages;
    if (this.open <= 0 && this.publishing !== undefined) this.resolve(this.counted());
  }

  /** The first refusal is what the publisher gets, at once. */
  refuse(error: unknown): void {
    this.promised();
    this.reject(error);
  }

  private counted(): Receipt {
    const { messageId, followers, queues } = this;
    return { messageId, followers, queues };
  }

  private promised(): Publishing {
    this.publishing ??= new Publishing((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    }).watch(this.report);
    return this.publishing;
  }
}
