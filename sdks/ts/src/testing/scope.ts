// What was there before a test, so that what came with it ends with it.
import type { AnyBus } from "../bus.js";
import type { HandlerError } from "../reporting.js";
import { type Tested, tested } from "./tested.js";

/** Seconds that what is at hand gets to come to its end. */
const END_SECONDS = 5;

export class Scope {
  private readonly bus: Tested;
  private readonly before;

  constructor(bus: AnyBus) {
    this.bus = tested(bus);
    const { clock, followers, works, streams, queues, localQueues, mailboxes, reporting, dispatcher } = this.bus;
    reporting.take();
    this.before = {
      followers: new Set(followers.all()),
      works: new Set(works.list()),
      streams: new Set(streams),
      queues: new Set(queues.keys()),
      marks: new Map([...localQueues.all()].map((queue) => [queue, queue.mark])),
      callbacks: new Set(mailboxes.callbacks),
      errors: reporting.callback,
      multiplicity: dispatcher.pool.size,
      repeated: new Set(clock.repeated),
    };
  }

  /** The queues at the gateway that this bus works from or opened, and those of their dead letters. */
  get names(): string[] {
    const { works, queues } = this.bus;
    const opened = [...queues].filter(([queue]) => !this.before.queues.has(queue)).map(([, { name }]) => name);
    return [...new Set([...works.list().map(({ queue }) => queue), ...opened])].flatMap((each) => [
      each,
      `${each}.dead`,
    ]);
  }

  /** Returns what handlers of the test threw that nobody has taken. */
  async end(): Promise<HandlerError[]> {
    const { bus, before } = this;
    for (const each of bus.followers.all()) if (!before.followers.has(each)) bus.followers.remove(each);
    for (const each of bus.clock.repeated) if (!before.repeated.has(each)) each.stop();
    for (const each of bus.streams) if (!before.streams.has(each)) each.close();
    for (const each of bus.mailboxes.callbacks) if (!before.callbacks.has(each)) bus.mailboxes.callbacks.delete(each);
    const works = bus.works.list().filter((each) => !before.works.has(each));
    await Promise.all(works.map((each) => each.stop(END_SECONDS)));
    for (const each of works) bus.works.end(each);
    const opened = [...bus.queues.keys()].filter((each) => !before.queues.has(each));
    await Promise.allSettled(opened.map((each) => each.close()));
    await this.emptyQueues();
    bus.reporting.callback = before.errors;
    bus.dispatcher.pool.resize(before.multiplicity);
    return bus.reporting.take();
  }

  private async emptyQueues(): Promise<void> {
    const { marks } = this.before;
    for (const each of this.bus.localQueues.all()) {
      const mark = marks.get(each);
      if (mark === undefined) await each.remove();
      else each.forgetSince(mark);
    }
  }
}
