// `@following`: methods of classes that follow.
import type { AnyBus, Bus } from "./bus.js";
import type { Condition } from "./condition.js";
import { checkMethod } from "./decorating.js";
import { defaultBus } from "./default-bus.js";
import type { AnyEvents, EventMap, MessageOf, MessagesOf, PatternOf, ReturnOf } from "./events.js";
import type { FollowOptions } from "./follower.js";
import type { Message } from "./message.js";
import { placeOf } from "./place.js";
import { type AnyHandler, checkHandler } from "./target.js";

/** As of `followingFunction`; `bus` is where it follows, and which identifiers there are. */
export interface FollowingOptions<E extends EventMap<E> = AnyEvents, M extends Message = Message>
  extends FollowOptions<M> {
  /** Absent = the default bus. */
  readonly bus?: Bus<E>;
}

/** Decorates a method that takes these messages. */
type MethodDecorator<Messages extends readonly Message[], Result> = <This extends object>(
  method: (this: This, ...messages: [...Messages]) => Result,
  context: ClassMethodDecoratorContext<This>,
) => void;

/**
 * Decorates a method: every instance follows from when it is made, and no longer than it lives; a static one, from when its class is
 * made. The method may return what the handler of a pattern may.
 *
 * `class Thumbnails { @following("image:added") make(message: Message) { … } }`
 *
 * @throws InvalidArgument when it is no method, or takes more than it is called with
 */
export function following<const P extends PatternOf<E>, E extends EventMap<E> = AnyEvents>(
  pattern: P,
  options?: FollowingOptions<E, MessageOf<E, P>>,
): MethodDecorator<[MessageOf<E, P>], ReturnOf<E, P>>;
export function following<const Ps extends readonly PatternOf<E>[], E extends EventMap<E> = AnyEvents>(
  condition: Condition<Ps>,
  options?: { readonly bus?: Bus<E> },
): MethodDecorator<MessagesOf<E, Ps>, unknown>;
export function following(pattern: string | Condition, options: FollowOptions & { readonly bus?: AnyBus } = {}) {
  const { bus = defaultBus, ...how } = options;
  return (method: AnyHandler, context: ClassMethodDecoratorContext<object>): void => {
    checkMethod("following", method, context);
    checkHandler(method, typeof pattern === "string" ? 1 : pattern.size);
    // Here, and not where the first instance is made.
    placeOf(method);
    context.addInitializer(function (this: object) {
      bus.registMethod(pattern, this, method, how);
    });
  };
}
