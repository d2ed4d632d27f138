// Which identifiers a program knows and what each carries, as types: `new Bus<Events>()` has its calls checked when it is compiled.
import type { Message } from "./message.js";
import type { Kwargs } from "./payload.js";

/**
 * What messages to one identifier carry: positional arguments, named ones, and what a handler returns to who asked. What is absent
 * is none; of `result`, anything.
 */
export interface EventShape {
  /** A tuple type. */
  readonly args?: readonly unknown[];
  /** An object type. */
  readonly kwargs?: object;
  /** What a handler's promise resolves to, or what it returns. */
  readonly result?: unknown;
}

/** What may stand for `E` in `Bus<E>`: an interface whose keys are plain identifiers. */
export type EventMap<E> = { readonly [K in keyof E]: EventShape };

/** Nothing is known, and everything goes. */
export interface AnyEvents {
  readonly [identifier: string]: EventShape;
}

/** The system's own messages, which every bus may follow. */
export interface SystemEvents {
  /** A program connected. */
  "berrymq:connect": { kwargs: { ident: string } };
  /** A program is gone. */
  "berrymq:disconnect": { kwargs: { ident: string } };
  /** A message was dropped before anybody took it; `reason` is `expired`, `overflow` or `unacknowledged`. */
  "berrymq:drop": { kwargs: { queue: string; message_id: string; identifier: string; sender: string; reason: string } };
  /** This follower was too slow: so many messages of the pattern went. */
  "berrymq:lag": { kwargs: { dropped: number; pattern: string } };
  /** A message was given up; kwargs say which, where, why and after how many attempts. */
  "berrymq:dead_letter": AnyShape;
  /** Published here; told after `debugMessages()`. */
  "berrymq:send_message": { kwargs: Told };
  /** Handed to the gateway; told after `debugMessages()`. */
  "berrymq:forward_message": { kwargs: Told };
  /** Came from the gateway; told after `debugMessages()`. */
  "berrymq:receive_message": { kwargs: Told };
}

/** What `debugMessages` tells of a message. */
interface Told {
  identifier: string;
  message_id: string;
  sender: string;
}

// biome-ignore lint/suspicious/noExplicitAny: what another program sent is the reader's to judge, as with JSON.parse
type AnyArgs = readonly any[];
// biome-ignore lint/suspicious/noExplicitAny: as above
type AnyKwargs = Readonly<Record<string, any>>;
interface AnyShape {
  args: AnyArgs;
  kwargs: AnyKwargs;
}

type Loose<E> = string extends keyof E ? true : false;

/** What may be published. */
export type IdentifierOf<E> = Loose<E> extends true ? string : keyof E & string;

/** What may be followed: every identifier, and every pattern that meets one. */
export type PatternOf<E> =
  Loose<E> extends true ? string : Patterns<keyof E & string> | keyof SystemEvents | "berrymq:*" | "berrymq";

/** What `publish` takes after an identifier; of a message made beforehand, nothing. */
export type ArgumentsOf<E, K> =
  Loose<E> extends true ? readonly unknown[] : K extends keyof E ? Arguments<E[K]> : K extends Message ? [] : never;

/** The message that a handler of a pattern is called with; of a wildcard, one of those that it meets, told apart by `id`. */
export type MessageOf<E, P> = Loose<E> extends true ? Message : MessageFor<E, P> | MessageFor<SystemEvents, P>;

/** What a condition's handler is called with: a message for each pattern, in their order. */
export type MessagesOf<E, Ps extends readonly string[]> = { [I in keyof Ps]: MessageOf<E, Ps[I]> };

/** What a handler of a pattern returns; anything, unless what it meets says so. */
export type ReturnOf<E, P> =
  Loose<E> extends true
    ? unknown
    : OrAnything<{ [K in keyof E]: P extends Meets<K> ? Returned<E[K]> : never }[keyof E]>;
type OrAnything<R> = [R] extends [never] ? unknown : R;

/** What `ask` gets. */
export type ResultOf<E, K> =
  Loose<E> extends true ? unknown : K extends keyof E ? (E[K] extends { result: infer R } ? R : unknown) : unknown;

/** What `publishMany` takes beside messages made beforehand. */
export type TupleOf<E> =
  Loose<E> extends true
    ? readonly [identifier: string, ...args: unknown[]]
    : { [K in keyof E & string]: readonly [identifier: K, ...args: Arguments<E[K]>] }[keyof E & string];

type Returned<S> = S extends { result: infer R } ? R | PromiseLike<R> : unknown;
type ArgsOf<S> = S extends { args: infer A extends readonly unknown[] } ? A : readonly [];
type KwargsOf<S> = S extends { kwargs: infer N extends object } ? N : Readonly<Record<string, never>>;

type Arguments<S> = S extends { kwargs: infer N extends object }
  ? Partial<N> extends N
    ? readonly [...ArgsOf<S>] | Before<ArgsOf<S>, Kwargs<N>>
    : Before<ArgsOf<S>, Kwargs<N>>
  : ArgsOf<S>;

/** Arguments, and one behind them: of optional ones, behind as many as are given. */
type Before<A extends readonly unknown[], Last> = A["length"] extends Required<A>["length"]
  ? readonly [...A, Last]
  : Behind<Shortened<A>, Last>;
type Behind<A, Last> = A extends readonly unknown[] ? readonly [...A, Last] : never;
/** The tuple without, and with, each of its optional elements; an array as it is. */
type Shortened<A extends readonly unknown[], Given extends readonly unknown[] = []> = number extends A["length"]
  ? readonly [...Given, ...A]
  : A extends readonly [infer First, ...infer Rest]
    ? Shortened<Rest, [...Given, First]>
    : A extends readonly []
      ? Given
      : A extends readonly [(infer First)?, ...infer Rest]
        ? Given | Shortened<Rest, [...Given, First]>
        : never;

type MessageFor<E, P> = {
  [K in keyof E & string]: P extends Meets<K> ? Message<ArgsOf<E[K]>, KwargsOf<E[K]>, K> : never;
}[keyof E & string];

type Meets<K> = K extends `berrymq:${string}` ? K | "berrymq:*" | "berrymq" : K extends string ? Patterns<K> : never;

/** The patterns that meet a plain identifier. */
type Patterns<K extends string> = K extends string ? K | PatternsOfParts<Split<K>> : never;
type PatternsOfParts<Parts> = Parts extends [infer Name extends string, infer Action extends string]
  ? `${Name}:*` | Name | Wild<Name> | `${Wild<Name>}:*` | `${Wild<Name>}:${Action}`
  : never;
/** A wildcard in a name's place; no pattern crosses namespaces. */
type Wild<Name extends string> = Name extends `${string}@${infer Namespace}` ? `*@${Namespace}` : "*";
/** The last `:` splits; a name alone means its every action. */
type Split<Text extends string> = Text extends `${infer Head}:${infer Rest}`
  ? Split<Rest> extends [infer Name extends string, infer Action extends string]
    ? Rest extends `${string}:${string}`
      ? [`${Head}:${Name}`, Action]
      : [Head, Rest]
    : never
  : [Text, "*"];
