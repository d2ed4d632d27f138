// The way of a pipeline, as it travels with each of its messages; and what whoever ran a handler of it publishes next.
import type { Answering } from "./dispatcher.js";
import type { Attributes } from "./envelope.js";
import { HopLimit, MalformedMessage, NoFollowers, Timeout } from "./errors.js";
import { rememberedIdentifier } from "./identifier.js";
import type { Fields } from "./made-envelope.js";
import { envelopeOf, type Message, make } from "./message.js";
import { NO_KWARGS } from "./payload.js";
import type { Receipt } from "./receipt.js";
import { failureContent, MAX_HOPS } from "./talk.js";

/** The attribute that names a pipeline. */
export const PIPELINE = "berrymq-pipeline";
const ROUTE = "berrymq-route";
const HOP = "berrymq-hop";
const ERRORS = "berrymq-errors";
const RESULTS = "berrymq-results";
const AT = "berrymq-at";
/** How the identifiers begin to which the answers of asks come: nobody's `*` hears them. */
export const ANSWERS = "answer@pipeline:";

/** Where one message of a pipeline is on its way. */
export interface Route {
  /** Message id of the first message. */
  readonly pipeline: string;
  /** The identifiers after `replyTo`. */
  readonly rest: readonly string[];
  /** Number of the hop that handles this message, from 1. */
  readonly hop: number;
  /** Who hears of failures; `""` = the last identifier. */
  readonly errors: string;
  /** Who hears every hop's result; `""` = nobody. */
  readonly results: string;
}

/** As it travels. */
export function attributesOf({ pipeline, rest, hop, errors, results }: Route): Attributes {
  return {
    [PIPELINE]: pipeline,
    [ROUTE]: JSON.stringify(rest),
    [HOP]: String(hop),
    ...(errors === "" ? {} : { [ERRORS]: errors }),
    ...(results === "" ? {} : { [RESULTS]: results }),
  };
}

/** Undefined = it is of no pipeline. @throws MalformedMessage */
export function routeOf({ attributes, id }: Message): Route | undefined {
  const pipeline = attributes[PIPELINE];
  if (pipeline === undefined) return undefined;
  const rest = identifiersIn(attributes[ROUTE] ?? "[]");
  const hop = Number(attributes[HOP]);
  if (rest === undefined || !Number.isInteger(hop) || hop < 1) {
    throw new MalformedMessage(
      `${id}: a pipeline's ${ROUTE} is a JSON list of identifiers, and its ${HOP} a number from 1, ` +
        `not ${attributes[ROUTE]} and ${attributes[HOP]}`,
    );
  }
  return { pipeline, rest, hop, errors: attributes[ERRORS] ?? "", results: attributes[RESULTS] ?? "" };
}

function identifiersIn(text: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((each) => typeof each === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}

/** What hops ask of their bus. */
export interface HopHost {
  /** Milliseconds since the Unix epoch. */
  wall(): number;
  /** @throws what refuses the message here, before anybody heard it */
  publish(message: Message): Promise<Receipt>;
  report(error: unknown): void;
}

/** The results of this process's handlers of one message of a pipeline. */
export class HopAnswers implements Answering {
  private of = 0;

  constructor(
    private readonly message: Message,
    private readonly route: Route,
    private readonly host: HopHost,
  ) {}

  begin(of: number): void {
    this.of = of;
  }

  late(number: number): boolean {
    if (!this.passed) return false;
    this.giveUp(number, new Timeout(`the deadline had passed when a handler of ${this.message.id} had its turn`));
    return true;
  }

  returned(number: number, value: unknown): void {
    const result = value === undefined ? null : value;
    this.tellResult(result);
    const over = this.over();
    if (over === undefined) this.next(number, result);
    else this.giveUp(number, over);
  }

  threw(number: number, error: unknown): void {
    fail(this.message, this.route, error, this.host, { number, of: this.of });
  }

  /** What this process found out itself, and nobody was told of yet. */
  private giveUp(number: number, error: unknown): void {
    const { host } = this;
    fail(this.message, this.route, error, host, { number, of: this.of, unheard: () => host.report(error) });
  }

  /** Why it goes no further, if it does not. */
  private over(): Error | undefined {
    const { id, hops } = this.message;
    if (this.passed) return new Timeout(`the deadline had passed when a handler of ${id} returned`);
    if (hops < MAX_HOPS) return undefined;
    return new HopLimit(`${id} has travelled ${MAX_HOPS} talks: the pipeline goes no further`);
  }

  private get passed(): boolean {
    const { expiresAt } = this.message;
    return expiresAt !== undefined && expiresAt.getTime() <= this.host.wall();
  }

  private next(number: number, value: unknown): void {
    const { message, route, host } = this;
    const [replyTo = "", ...rest] = route.rest;
    const moved: Route = { ...route, rest, hop: route.hop + 1 };
    const fields: Fields = {
      answer: { to: message.messageId, number, of: this.of, failed: false },
      hops: message.hops + 1,
      replyTo,
      attributes: attributesOf(moved),
      expiresAt: envelopeOf(message).expiresAt,
    };
    const next = make(rememberedIdentifier(message.replyTo), { args: [value], kwargs: NO_KWARGS }, fields);
    try {
      host.publish(next).then(
        (receipt) => judgeReceipt(receipt, next, moved, host),
        (error) => this.giveUp(number, error),
      );
    } catch (error) {
      this.giveUp(number, error);
    }
  }

  private tellResult(value: unknown): void {
    const { message, route, host } = this;
    if (route.results === "") return;
    const { pipeline, hop, rest } = route;
    const kwargs = { pipeline, hop, of: hop + rest.length, at: message.id };
    const told = make(rememberedIdentifier(route.results), { args: [value], kwargs }, { hops: hopsAfter(message) });
    try {
      host.publish(told);
    } catch (error) {
      host.report(error);
    }
  }
}

/** Whoever published a message of a pipeline learns from its receipt that nobody was there. */
export function judgeReceipt({ followers, queues }: Receipt, message: Message, route: Route, host: HopHost): void {
  // Who asked has an answer already, or gave up.
  if (followers + queues > 0 || message.id.startsWith(ANSWERS)) return;
  const error = new NoFollowers(`nobody follows ${message.id}`);
  fail(message, route, error, host, { number: 0, of: 0, unheard: () => host.report(error) });
}

/** Whose failure it is. */
interface Failing {
  readonly number: number;
  readonly of: number;
  /** Called when the failure reached nobody. Absent = it was told where it happened. */
  unheard?(): void;
}

/** Tells of what went wrong where a message of a pipeline was, as a talk's failure. */
function fail(message: Message, route: Route, error: unknown, host: HopHost, failing: Failing): void {
  const target = route.errors || (route.rest.at(-1) ?? (message.replyTo || message.id));
  const { number, of, unheard } = failing;
  const failure = make(rememberedIdentifier(target), undefined, {
    content: failureContent(error),
    answer: { to: message.messageId, number, of, failed: true },
    hops: hopsAfter(message),
    attributes: { [PIPELINE]: route.pipeline, [HOP]: String(route.hop), [AT]: message.id },
  });
  try {
    host.publish(failure).then(
      ({ followers, queues }) => followers + queues > 0 || target.startsWith(ANSWERS) || unheard?.(),
      (refused) => host.report(refused),
    );
  } catch (refused) {
    host.report(refused);
  }
}

function hopsAfter({ hops }: Message): number {
  return Math.min(hops + 1, MAX_HOPS);
}
