// The follows over server-sent events, those included whose connection broke off and may be resumed.
import { DRAINING } from "../contract/call.js";
import type { RoomContext } from "../http/room.js";
import { type Stream, Subscription, type SubscriptionOptions } from "../json/subscription.js";
import type { SseAnswer } from "./answer.js";
import { FollowSink } from "./follow-sink.js";
import type { FollowPage } from "./pages.js";

interface Follow {
  readonly subscription: Subscription;
  readonly sink: FollowSink;
  readonly page: FollowPage;
  /** Ends it when nobody comes back in time. */
  patience?: NodeJS.Timeout;
}

const EVENT_ID = /^([0-9a-f]{32}):(\d{1,15})$/;

export class Follows {
  readonly #follows = new Map<string, Follow>();
  #interrupted = 0;

  constructor(
    readonly context: RoomContext,
    readonly stream: Stream,
    readonly refusalOf: SubscriptionOptions["refusalOf"],
  ) {}

  /** Begins a follow, or goes on with the one that the client names. @throws Refusal when it cannot begin */
  async open(page: FollowPage, lastEventId: string | undefined, answer: () => SseAnswer): Promise<void> {
    const [, id = "", after] = EVENT_ID.exec(lastEventId ?? "") ?? [];
    const known = this.#follows.get(id);
    if (known !== undefined && samePage(known.page, page)) return this.#attach(known, answer(), Number(after));
    this.#attach(await this.#begin(page), answer());
  }

  async #begin(page: FollowPage): Promise<Follow> {
    const { config, streams, subscriptions } = this.context;
    if (streams.draining) throw DRAINING;
    const sink = new FollowSink(config.limits);
    let open = { close() {} };
    const closed = (ended: Subscription) => {
      subscriptions.delete(ended);
      open.close();
      const follow = this.#follows.get(ended.id);
      this.#follows.delete(ended.id);
      if (follow !== undefined) this.#settle(follow);
    };
    const { caller, request } = page;
    const options = { caller, sink, refusalOf: this.refusalOf, closed };
    const subscription = await Subscription.open(this.stream, request, options);
    const follow = { subscription, sink, page };
    open = streams.add(() => (sink.answer === undefined ? subscription.abandon() : subscription.drain()));
    this.#follows.set(subscription.id, follow);
    subscriptions.add(subscription);
    return follow;
  }

  #attach(follow: Follow, answer: SseAnswer, after?: number): void {
    this.#settle(follow);
    const { subscription, sink } = follow;
    sink.attach(subscription, answer, after);
    answer.response.on("drain", () => subscription.flush());
    answer.response.on("close", () => {
      if (sink.answer === answer) this.#interrupt(follow);
    });
    subscription.start();
  }

  #interrupt(follow: Follow): void {
    const { subscription, sink, page } = follow;
    sink.detach();
    if (!this.#follows.has(subscription.id)) return;
    const { streams, config } = this.context;
    if (page.resume === 0 || streams.draining || this.#interrupted >= config.limits.resumable) {
      return subscription.abandon();
    }
    this.#interrupted++;
    follow.patience = setTimeout(() => subscription.abandon(), page.resume / 1000);
    follow.patience.unref();
  }

  /** It is not waited for any more. */
  #settle(follow: Follow): void {
    if (follow.patience === undefined) return;
    clearTimeout(follow.patience);
    follow.patience = undefined;
    this.#interrupted--;
  }
}

/** A follow is gone on with by whoever asks for the same as he did. */
function samePage(one: FollowPage, other: FollowPage): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
