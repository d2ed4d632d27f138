// Where a follow's events go: an answer of server-sent events and, when that breaks off, for a while the next one.

import type { Limits } from "../../limits.js";
import { systemClock } from "../../model/clock.js";
import { systemMessage } from "../../model/message.js";
import { lengthDelimited } from "../../model/wire.js";
import { type Event, followEvents } from "../json/events.js";
import type { PayloadForm } from "../json/payload.js";
import type { Sink, Subscription } from "../json/subscription.js";
import { writeJson } from "../json/text.js";
import type { SseAnswer } from "./answer.js";
import { KeptEvents } from "./kept-events.js";

const BATCH = 0x0a;

export class FollowSink implements Sink {
  readonly #kept: KeptEvents;
  #answer: SseAnswer | undefined;

  constructor(limits: Pick<Limits, "resumeEvents" | "resumeBytes">) {
    this.#kept = new KeptEvents(limits.resumeEvents, limits.resumeBytes);
  }

  get ready(): boolean {
    return this.#answer?.ready ?? false;
  }

  get answer(): SseAnswer | undefined {
    return this.#answer;
  }

  send({ id }: Subscription, { name, params }: Event): void {
    const { data, number } = this.#kept.add(name, writeJson(params));
    this.#answer?.send(name, data, `${id}:${number}`);
    if (name === "ended") this.#answer?.end();
  }

  /**
   * Events go to this answer from now on; one before it ends.
   *
   * @param after number of the last message that the client has; undefined = it begins
   */
  attach({ id, caller }: Subscription, answer: SseAnswer, after?: number): void {
    const before = this.#answer;
    this.#answer = answer;
    before?.destroy();
    answer.send("subscription", writeJson({ subscription: id, resumed: after !== undefined }));
    if (after === undefined) return;
    const { missed, events } = this.#kept.after(after);
    if (missed > 0) answer.send("message", lag(missed, caller.payloads));
    for (const { name, data, number } of events) answer.send(name, data, `${id}:${number}`);
  }

  detach(): void {
    this.#answer = undefined;
  }
}

/** What a follower is told whose buffer ran over: `berrymq:lag`. */
function lag(dropped: number, form: PayloadForm): string {
  const entry = systemMessage("lag", { dropped }, systemClock.wall());
  return writeJson(followEvents(lengthDelimited(BATCH, entry), false, form).next().value!.params);
}
