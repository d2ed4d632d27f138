// Consumption over server-sent events: what is left unsettled is released when the connection ends.
import { DRAINING } from "../contract/call.js";
import type { RoomContext } from "../http/room.js";
import type { Event } from "../json/events.js";
import { type Sink, type Stream, Subscription, type SubscriptionOptions } from "../json/subscription.js";
import { writeJson } from "../json/text.js";
import type { SseAnswer } from "./answer.js";
import type { ConsumePage } from "./pages.js";

class ConsumeSink implements Sink {
  answer: SseAnswer | undefined;

  get ready(): boolean {
    return this.answer?.ready ?? false;
  }

  send(_subscription: Subscription, { name, params }: Event): void {
    this.answer?.send(name, writeJson(params));
    if (name === "ended") this.answer?.end();
  }
}

export class Consumes {
  constructor(
    readonly context: RoomContext,
    readonly stream: Stream,
    readonly refusalOf: SubscriptionOptions["refusalOf"],
  ) {}

  /** @throws Refusal when it cannot begin */
  async open({ caller, request }: ConsumePage, answer: () => SseAnswer): Promise<void> {
    const { streams, subscriptions } = this.context;
    if (streams.draining) throw DRAINING;
    const sink = new ConsumeSink();
    const closed = (ended: Subscription) => subscriptions.delete(ended);
    const options = { caller, sink, refusalOf: this.refusalOf, closed };
    const subscription = await Subscription.open(this.stream, request, options);
    subscriptions.add(subscription);
    sink.answer = answer();
    const { response } = sink.answer;
    const open = streams.add(() => subscription.drain());
    response.on("drain", () => subscription.flush());
    response.on("close", () => {
      subscription.abandon();
      open.close();
    });
    sink.answer.send("subscription", writeJson({ subscription: subscription.id, resumed: false }));
    subscription.start();
  }
}
