// Pipelines: talks over several identifiers. What a handler of one returns is published to the next, wherever its handlers run.
import type { AnyBus } from "./bus.js";
import type { Clock, Timer } from "./clock.js";
import { defaultBus } from "./default-bus.js";
import { HandlerFailed, InvalidArgument, NoFollowers, ReservedIdentifier, Timeout } from "./errors.js";
import { parseIdentifier, RESERVED_NAME } from "./identifier.js";
import { inside } from "./inside.js";
import { Message } from "./message.js";
import { randomText } from "./message-id.js";
import type { Receipt } from "./receipt.js";
import { ANSWERS, attributesOf, PIPELINE, type Route } from "./route.js";
import { ASK_SECONDS, answerValue } from "./talk.js";

/** Who is told of what, and how long it may take. */
export interface PipelineOptions {
  /** The identifier that hears what a hop throws, that nobody was there, that the deadline passed. Default: the last one. */
  readonly errors?: string | undefined;
  /** The identifier that is told every hop's result: `args` `[value]`, kwargs `pipeline`, `hop`, `of`, `at`. Default: none. */
  readonly results?: string | undefined;
  /** Seconds for the whole. Messages past it are not handled. Default: none; `ask` waits 30. */
  readonly deadline?: number | undefined;
  /** Default: the default bus. */
  readonly bus?: AnyBus | undefined;
}

const IDENTIFIERS_AT_MOST = 100;

/**
 * `pipeline("stock:reserve", "payment:charge", "order:confirmed", { errors: "order:failed" })`: 2 to 100 identifiers, then options.
 *
 * @throws InvalidArgument, InvalidIdentifier, ReservedIdentifier
 */
export function pipeline(...all: readonly [string, ...(string | PipelineOptions)[]]): Pipeline {
  const last = all.at(-1);
  const options = typeof last === "object" ? last : {};
  return new Pipeline(typeof last === "object" ? all.slice(0, -1) : all, options);
}

/** Made by {@link pipeline}; may be used as often as one likes. */
export class Pipeline {
  /** Its steps, in order. */
  readonly identifiers: readonly string[];
  private readonly bus: AnyBus;

  /** @internal */
  constructor(
    identifiers: readonly unknown[],
    private readonly options: PipelineOptions,
  ) {
    const { errors, results, deadline } = options;
    if (identifiers.length < 2 || identifiers.length > IDENTIFIERS_AT_MOST) {
      throw new InvalidArgument(
        `a pipeline has 2 to ${IDENTIFIERS_AT_MOST} identifiers, not ${identifiers.length}: ${identifiers.join(", ")}`,
      );
    }
    if (deadline !== undefined && !(deadline > 0 && Number.isFinite(deadline))) {
      throw new InvalidArgument(`deadline is seconds above 0, not ${deadline}`);
    }
    this.identifiers = identifiers.map(travelling);
    for (const each of [errors, results]) if (each !== undefined) travelling(each);
    this.bus = options.bus ?? defaultBus;
  }

  /**
   * Publishes to the first identifier. The result of the last but one comes to the last, which is told and not asked.
   *
   * With two identifiers and no options it is the bus's `talk`.
   */
  talk(...args: readonly unknown[]): Promise<Receipt> {
    const { errors, results, deadline } = this.options;
    const [first, second, ...rest] = this.identifiers;
    const plain = rest.length === 0 && errors === undefined && results === undefined && deadline === undefined;
    return plain ? this.bus.talk(first!, second!, ...args) : this.begin(this.first(rest, errors ?? "", args));
  }

  /**
   * Asks the last identifier, too: its first answer. What `errors` hears is thrown, too.
   *
   * @throws Timeout at the deadline; NoFollowers; HandlerFailed
   */
  async ask(...args: readonly unknown[]): Promise<unknown> {
    const { bus } = this;
    const { deadline: seconds = ASK_SECONDS, errors } = this.options;
    const address = `${ANSWERS}${randomText(16)}`;
    const first = this.first([...this.identifiers.slice(2), address], errors ?? address, args);
    const outcome = new Outcome(bus.clock, seconds, this.identifiers.join(" → "));
    const followings = [bus.followingFunction(address, (answer: Message) => outcome.take(answer))];
    if (errors !== undefined) {
      const ours = { guard: ({ attributes }: Message) => attributes[PIPELINE] === first.route.pipeline };
      followings.push(bus.followingFunction(errors, (failure: Message) => outcome.take(failure), ours));
    }
    try {
      await Promise.race([bus.flush(seconds), outcome.promise]);
      this.begin(first).then(undefined, (error) => outcome.fail(error));
      return await outcome.promise;
    } finally {
      for (const each of followings) each.unfollow();
      outcome.end();
    }
  }

  private begin({ message, route }: First): Promise<Receipt> {
    return inside(this.bus).publisher.begin(message, this.identifiers[1]!, route);
  }

  private first(rest: readonly string[], errors: string, args: readonly unknown[]): First {
    const { results = "", deadline } = this.options;
    const plain = new Message(this.identifiers[0]!, ...args);
    const route: Route = { pipeline: plain.messageId, rest, hop: 1, errors, results };
    const timed = deadline === undefined ? {} : { ttl: deadline };
    return { message: plain.with({ attributes: attributesOf(route), ...timed }), route };
  }
}

/** The message that begins it. */
interface First {
  readonly message: Message;
  readonly route: Route;
}

/** What comes of one ask: the first answer, the first failure, or the end of the time. */
class Outcome {
  readonly promise: Promise<unknown>;
  private resolve!: (value: unknown) => void;
  private reject!: (error: unknown) => void;
  private readonly timer: Timer;
  private readonly waited: () => void;

  constructor(clock: Clock, seconds: number, what: string) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.timer = clock.after(seconds, () => this.reject(new Timeout(`no answer to ${what} within ${seconds} s`)));
    this.waited = clock.wait(true);
  }

  take(answer: Message): void {
    try {
      this.resolve(answerValue(answer));
    } catch (error) {
      this.reject(error instanceof HandlerFailed ? asOurs(error) : error);
    }
  }

  fail(error: unknown): void {
    this.reject(error);
  }

  end(): void {
    this.timer.stop();
    this.waited();
  }
}

/** What the SDK of another hop found out is the same error here. Languages write their classes differently: `BerryMQ::NoFollowers`. */
function asOurs(failed: HandlerFailed): Error {
  if (/\bNoFollowers$/.test(failed.className)) return new NoFollowers(failed.text);
  if (/\bTimeout$/.test(failed.className)) return new Timeout(failed.text);
  return failed;
}

function travelling(identifier: unknown): string {
  if (typeof identifier !== "string") throw new InvalidArgument(`an identifier is a text, not ${String(identifier)}`);
  const { local, reserved, text } = parseIdentifier(identifier);
  if (local) throw new InvalidArgument(`${text} is local: what a pipeline names may run in any process`);
  if (reserved) throw new ReservedIdentifier(`${text}: the name ${RESERVED_NAME} belongs to the system`);
  return identifier;
}
