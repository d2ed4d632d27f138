// Conditions: a handler that waits until it has a message for each of several patterns.
import { InvalidArgument } from "./errors.js";
import { type FollowOptions, type Guard, HandlerFollower } from "./follower.js";
import { type Identifier, matches, parseIdentifier } from "./identifier.js";
import type { Message } from "./message.js";
import { type AnyHandler, Target } from "./target.js";

const TERMS_AT_MOST = 16;

/** One pattern of a condition. */
interface Term {
  readonly pattern: Identifier;
  readonly guard: Guard | undefined;
}

/** A message was taken, and need not come again. */
type Taken = (message: Message) => void;

/** What may stand where a pattern is wanted for a handler; made by {@link cond}. */
export class Condition<Patterns extends readonly string[] = readonly string[]> {
  /** For the compiler alone: what its handler's messages meet. */
  declare readonly patterns: Patterns;

  /** @internal */
  constructor(private readonly terms: readonly Term[]) {}

  /** Both of them. @throws InvalidArgument above 16 terms */
  and<More extends readonly string[]>(other: Condition<More>): Condition<[...Patterns, ...More]> {
    if (!(other instanceof Condition))
      throw new InvalidArgument(`and takes a condition: cond(${JSON.stringify(other)})`);
    const terms = [...this.terms, ...other.terms];
    if (terms.length > TERMS_AT_MOST) {
      throw new InvalidArgument(`a condition has ${TERMS_AT_MOST} terms at most, not ${terms.length}`);
    }
    return new Condition(terms);
  }

  /** How many messages its handler is called with. */
  get size(): number {
    return this.terms.length;
  }

  /** What follows for a handler. @param taken hears of messages that wait for others. @throws InvalidArgument */
  follower(handler: AnyHandler, { queue, guard }: FollowOptions, taken: Taken, object?: object): HandlerFollower {
    if (queue !== undefined) {
      throw new InvalidArgument(`a condition is not fed from a queue, as of ${queue}; follow a pattern with it`);
    }
    if (guard !== undefined)
      throw new InvalidArgument("the terms of a condition have the guards: cond(pattern, { guard })");
    return new Joining(this.terms, new Target(handler, this.size, object), taken);
  }
}

/**
 * A condition of one pattern; `cond("a:x").and(cond("b:y"))` is one of two. Its handler is called with the newest message of each
 * once there is one, in their order, and all begin anew.
 *
 * @throws InvalidIdentifier
 */
export function cond<const Pattern extends string>(
  pattern: Pattern,
  options: { readonly guard?: Guard | undefined } = {},
): Condition<[Pattern]> {
  return new Condition([{ pattern: parseIdentifier(pattern), guard: options.guard }]);
}

/** Keeps the newest message of each term. Whoever completes it is what the handler's result answers. */
class Joining extends HandlerFollower {
  private readonly newest: (Message | undefined)[] = [];
  /** Of those that completed it and whose handler has not begun; one message may do it more than once. */
  private readonly complete = new WeakMap<Message, (readonly Message[])[]>();

  constructor(
    private readonly terms: readonly Term[],
    target: Target,
    private readonly taken: Taken,
  ) {
    super(
      terms.map(({ pattern }) => pattern),
      target,
      undefined,
    );
  }

  override agrees(message: Message, foreign: boolean): boolean {
    this.terms.forEach(({ pattern, guard }, index) => {
      if ((foreign && pattern.local) || !matches(pattern, message.identifier)) return;
      // Held for long, perhaps: without the batch that it came in.
      if (guard === undefined || guard(message)) this.newest[index] = message.detach();
    });
    const messages = this.newest.filter((each) => each !== undefined);
    if (messages.length < this.terms.length) {
      // Coming again, it would fill a term of the next round.
      if (message.requireAck && messages.includes(message)) this.taken(message);
      return false;
    }
    this.newest.fill(undefined);
    const earlier = this.complete.get(message);
    if (earlier === undefined) this.complete.set(message, [messages]);
    else earlier.push(messages);
    return true;
  }

  override call(message: Message): unknown {
    return this.target.handler()?.(...(this.complete.get(message)?.shift() ?? []));
  }
}
