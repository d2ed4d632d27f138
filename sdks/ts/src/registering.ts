// Registering handlers: what is refused before anything follows, and where one goes that is not.
import type { Condition } from "./condition.js";
import { InvalidArgument } from "./errors.js";
import type { Followers, Following, FollowOptions } from "./follower.js";
import type { Message } from "./message.js";
import { calledAt } from "./place.js";
import { type AnyHandler, Target } from "./target.js";
import type { Works } from "./work.js";

export class Registering {
  /** @param taken hears of messages that a condition keeps */
  constructor(
    private readonly followers: Followers,
    private readonly works: Works,
    private readonly taken: (message: Message) => void,
  ) {}

  /** @throws InvalidIdentifier, InvalidArgument */
  add(pattern: string | Condition, handler: AnyHandler, options: FollowOptions, object?: object): Following {
    checkFollowing(pattern, options);
    const { queue, guard } = options;
    if (typeof pattern !== "string") return this.followers.add(pattern.follower(handler, options, this.taken, object));
    const target = new Target(handler, 1, object);
    if (queue === undefined) return this.followers.addHandler(pattern, target, guard);
    return this.works.add(pattern, target, { ...options, queue });
  }

  /** A method of an object that is held weakly. @throws as {@link add} */
  addMethod(pattern: string | Condition, object: object, method: AnyHandler, options: FollowOptions): Following {
    if (Object(object) !== object) refuse("registMethod(pattern, object, method) takes an object", object);
    return this.add(pattern, method, options, object);
  }

  /** Patterns that handlers, streams and queues follow: sorted, each once. */
  texts(): string[] {
    const worked = this.works.list().map(({ pattern }) => pattern.text);
    return [...new Set([...this.followers.texts(), ...worked])].sort();
  }
}

/** Refuses what the compiler would, with the way out. @throws InvalidArgument */
export function checkFollowing(pattern: unknown, options: FollowOptions): void {
  if (typeof pattern !== "string" && typeof (pattern as Condition | undefined)?.follower !== "function") {
    refuse('a pattern is a text, as "door:*", or a condition, as cond("a:x").and(cond("b:y"))', pattern);
  }
  if (Object(options) !== options || typeof options === "function") {
    refuse("a guard is an option: { guard: (message) => … }", options);
  }
  const { guard, queue } = options as { guard?: unknown; queue?: unknown };
  if (guard !== undefined && typeof guard !== "function") refuse("guard is a function of the message", guard);
  if (queue !== undefined && (typeof queue !== "string" || queue === "")) refuse("queue is the name of a queue", queue);
}

function refuse(rule: string, given: unknown): never {
  const shown = typeof given === "function" ? `the function ${given.name || "anonymous"}` : JSON.stringify(given);
  throw new InvalidArgument(`${rule}, not ${shown}${calledAt()}`);
}
