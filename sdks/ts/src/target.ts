// What a following calls: a function, or a method of an object that is held weakly.
import { InvalidArgument } from "./errors.js";
import type { Message } from "./message.js";
import { calledAt, placeOf } from "./place.js";

/** A handler of one message, or of a condition's several. */
// biome-ignore lint/suspicious/noExplicitAny: how many there are, and what they carry, is checked where it is registered
export type AnyHandler = (...messages: any[]) => unknown;

/** Objects whose methods follow, and what ends that once they are gone. */
const forgetful = new FinalizationRegistry<() => void>((end) => end());

export class Target {
  /** `file:line` of where it was registered; `""` = not known. */
  readonly place: string;
  private readonly owner: WeakRef<object> | undefined;
  private released = false;

  /**
   * @param messages how many it is called with
   * @throws InvalidArgument when it cannot be
   */
  constructor(
    readonly method: AnyHandler,
    messages: number,
    object?: object,
  ) {
    checkHandler(method, messages);
    this.owner = object && new WeakRef(object);
    this.place = placeOf(method);
  }

  /** The function to call; undefined = its object is gone. */
  handler(): AnyHandler | undefined {
    if (this.owner === undefined) return this.method;
    const alive = this.owner.deref();
    return alive && ((...messages: Message[]) => this.method.call(alive, ...messages));
  }

  /** It follows no more, or its object is gone. */
  get gone(): boolean {
    return this.released || (this.owner !== undefined && this.owner.deref() === undefined);
  }

  /** Calls back once its object is gone, unless {@link release} comes before. */
  whenGone(end: () => void): void {
    const alive = this.owner?.deref();
    if (alive !== undefined) forgetful.register(alive, end, this);
  }

  /** It follows no more: nothing of it is kept for as long as its object lives. */
  release(): void {
    this.released = true;
    if (this.owner !== undefined) forgetful.unregister(this);
  }

  /** `load`, `Thumbnails.make`. */
  get name(): string {
    const name = this.method.name || "anonymous";
    const alive = this.owner?.deref();
    if (alive === undefined) return name;
    const owner = typeof alive === "function" ? alive.name : alive.constructor?.name;
    return `${owner || "object"}.${name}`;
  }

  /** Whether it is this function, or a method of this object. */
  is(what: object): boolean {
    return this.method === what || this.owner?.deref() === what;
  }
}

/** @throws InvalidArgument naming the function, its place, and what it takes */
export function checkHandler(handler: AnyHandler, messages: number): void {
  if (typeof handler !== "function") {
    throw new InvalidArgument(`a handler is a function, not ${typeof handler}${calledAt()}`);
  }
  if (handler.length <= messages) return;
  const given = messages === 1 ? "one message" : `${messages} messages, one for each term`;
  throw new InvalidArgument(
    `the handler ${handler.name || "anonymous"}${where(placeOf(handler))} takes ${handler.length} parameters, but is called with ${given}`,
  );
}

function where(place: string): string {
  return place && ` (${place})`;
}
