// `@following`: methods of classes that follow.
import type { AnyBus, Bus } from "./bus.js";
import type { Condition } from "./condition.js";
import { checkMethod } from "./decorating.js";
import { defaultBus } from "./default-bus.js";
import type { AnyEvents, EventMap, MessageOf, MessagesOf, PatternOf, ReturnOf } from "./events.js";
import type { Following, FollowOptions } from "./follower.js";
import { parseIdentifier } from "./identifier.js";
import type { Message } from "./message.js";
import { placeOf } from "./place.js";
import { checkFollowing } from "./registering.js";
import { type AnyHandler, checkHandler } from "./target.js";

/** As of `followingFunction`; `bus` is where it follows, and which identifiers there are. */
export interface FollowingOptions<E extends EventMap<E> = AnyEvents, M extends Message = Message>
  extends FollowOptions<M> {
  /** Absent = the default bus. */
  readonly bus?: Bus<E> | undefined;
}

/** Decorates a method that takes these messages. */
type MethodDecorator<Messages extends readonly Message[], Result> = <This extends object>(
  method: (this: This, ...messages: [...Messages]) => Result,
  context: ClassMethodDecoratorContext<This>,
) => void;

/**
 * Decorates a method: every instance follows from when it is made, and no longer than it lives; a static one, from when its class is
 * made. A subclass that overrides it follows with its own. The method may return what the handler of a pattern may.
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
  options?: { readonly bus?: Bus<E> | undefined },
): MethodDecorator<MessagesOf<E, Ps>, unknown>;
export function following(
  pattern: string | Condition,
  options: FollowOptions & { readonly bus?: AnyBus | undefined } = {},
) {
  checkFollowing(pattern, options);
  if (typeof pattern === "string") parseIdentifier(pattern);
  const { bus = defaultBus, ...how } = options;
  return (method: AnyHandler, context: ClassMethodDecoratorContext<object>): void => {
    checkMethod("following", method, context);
    checkHandler(method, typeof pattern === "string" ? 1 : pattern.size);
    // Here, and not where the first instance is made.
    placeOf(method);
    context.addInitializer(function (this: object) {
      const called = context.private ? method : methodOf(this, context.name, method);
      const key = [bus, pattern, context.name];
      endInherited(this, key);
      const begun = bus.registMethod(pattern, this, called, how);
      if (called !== method) inherited.set(this, [...(inherited.get(this) ?? []), { key, begun }]);
    });
  };
}

/** What an object follows with a method that stands in place of the decorated one; a subclass may decorate its own, too. */
const inherited = new WeakMap<object, readonly { readonly key: readonly unknown[]; readonly begun: Following }[]>();

/** The most derived decides how a pattern is followed. */
function endInherited(object: object, key: readonly unknown[]): void {
  for (const each of inherited.get(object) ?? []) {
    if (each.key.every((part, index) => part === key[index])) each.begun.unfollow();
  }
}

/** A subclass's own method of that name, and what other decorators made of it. */
function methodOf(object: object, name: string | symbol, decorated: AnyHandler): AnyHandler {
  const own: unknown = Reflect.get(object, name);
  return typeof own === "function" ? (own as AnyHandler) : decorated;
}
