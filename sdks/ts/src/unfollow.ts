// Ends followings by whom they call, and hands out what handlers threw.
import type { AnyBus } from "./bus.js";
import { defaultBus } from "./default-bus.js";
import { inside } from "./inside.js";
import type { HandlerError } from "./reporting.js";

/** Where; absent = on the default bus. */
export interface OnBus {
  /** Absent = the default bus. */
  readonly bus?: AnyBus | undefined;
}

/** A function follows no more, an object with none of its methods; a method's function, for no object. How many followings ended. */
export function unfollow(target: object, { bus = defaultBus }: OnBus = {}): number {
  const { followers, works } = inside(bus);
  const handlers = followers.all().filter((each) => !each.listens && each.target.is(target));
  for (const each of handlers) followers.remove(each);
  const durable = works.list().filter((each) => each.target.is(target));
  for (const each of durable) works.end(each);
  return handlers.length + durable.length;
}

/** What handlers threw since this was last asked, the newest 100. `onError` hears them as well. */
export function takeErrors({ bus = defaultBus }: OnBus = {}): HandlerError[] {
  return inside(bus).reporting.take();
}
