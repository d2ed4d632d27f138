// A stream of the contract as a JSON door holds it: requests come one by one, by whatever way; events go to a sink as it takes them.
import { randomBytes } from "node:crypto";
import type { DescMessage } from "@bufbuild/protobuf";
import { Refusal } from "../../model/errors.js";
import { Fifo } from "../../model/fifo.js";
import type { Conversation, DuplexCall, Wire } from "../contract/call.js";
import type { JsonCaller } from "../http/caller.js";
import { type JsonObject, toBytes } from "./codec.js";
import type { Event, ReadEvents } from "./events.js";

/** What is followed: one of the contract's streams. */
export interface Stream {
  /** Begins the names of its calls and events, such as `follow`. */
  readonly name: string;
  readonly call: DuplexCall;
  readonly request: DescMessage;
  readonly events: ReadEvents;
}

/** Where events go: a WebSocket, or an answer of server-sent events. */
export interface Sink {
  /** False while it holds as many unsent bytes as it may. Whoever owns it calls `flush` when it takes again. */
  readonly ready: boolean;
  send(subscription: Subscription, event: Event): void;
}

export interface SubscriptionOptions {
  readonly caller: JsonCaller;
  readonly sink: Sink;
  /** Turns whatever was thrown into a refusal. */
  readonly refusalOf: (error: unknown) => Refusal;
  /** Called once, when it is over. */
  readonly closed: (subscription: Subscription) => void;
}

interface Response {
  readonly events: Iterator<Event>;
  readonly written: (() => void) | undefined;
}

export class Subscription implements Wire {
  /** Who knows it may call: 128 random bits. */
  readonly id = randomBytes(16).toString("hex");
  readonly #conversation: Conversation;
  /** Responses that the sink has not taken whole. */
  readonly #responses = new Fifo<Response>();
  /** Responses whose sender was not told yet that they have left. */
  #unacknowledged = 0;
  /** Requests that the stream does not take yet. */
  readonly #held = new Fifo<{ bytes: Buffer; taken: () => void }>();
  #paused = false;
  #congested = false;
  #counted = false;
  #started = false;
  #draining = false;
  #ended = false;
  #over = false;
  #failure: Refusal | undefined;

  private constructor(
    readonly stream: Stream,
    readonly options: SubscriptionOptions,
  ) {
    this.#conversation = stream.call(this);
  }

  /**
   * Opens a stream with its first request. Nothing is sent before `start`.
   *
   * @throws Refusal of the first request
   */
  static async open(stream: Stream, params: JsonObject, options: SubscriptionOptions): Promise<Subscription> {
    const subscription = new Subscription(stream, options);
    try {
      await subscription.request(params);
      // A stream refuses its first request within this turn.
      await new Promise(setImmediate);
      if (subscription.#failure !== undefined) throw subscription.#failure;
    } catch (error) {
      subscription.abandon();
      throw error;
    }
    return subscription;
  }

  get caller(): JsonCaller {
    return this.options.caller;
  }

  /** Sends what came, and what comes. */
  start(): void {
    this.#started = true;
    this.flush();
  }

  /** Hands a request on; fulfilled when the stream has taken it. @throws Refusal */
  async request(params: JsonObject): Promise<void> {
    const bytes = toBytes(this.stream.request, params, "params");
    if (this.#ended) throw new Refusal("INVALID_ARGUMENT", `subscription: ${this.id} has ended`);
    this.#counted ||= params.credit !== undefined && params.credit !== null;
    if (!this.#paused) return this.#conversation.request(bytes);
    await new Promise<void>((taken) => this.#held.push({ bytes, taken }));
  }

  /** The client wants nothing more: what waits is not sent, but `ended` is. */
  stop(): void {
    this.#responses.clear();
    this.end();
  }

  /** The gateway is about to stop: the client is told, gets what waits, and the end. */
  drain(): void {
    this.#draining = true;
    this.#conversation.draining();
    this.#endIfDrained();
  }

  /** Nobody listens any more. Idempotent. */
  abandon(): void {
    this.#ended = true;
    this.#close();
  }

  /** Hands events to the sink as long as it takes them. */
  flush(): void {
    if (!this.#started || this.#over) return;
    try {
      while (this.options.sink.ready) {
        const event = this.#nextEvent();
        if (event === undefined) break;
        this.options.sink.send(this, event);
      }
    } catch (error) {
      this.#responses.clear();
      this.fail(error);
    }
    if (this.#responses.size > 0) return;
    if (this.#congested) {
      this.#congested = false;
      this.#conversation.flushed();
    }
    if (this.#ended) this.#close();
  }

  // What follows is the stream's side: Wire.

  get writable(): boolean {
    return !this.#ended;
  }

  write(response: Buffer, written?: () => void): boolean {
    if (this.#ended) return true;
    this.#unacknowledged++;
    this.#responses.push({ events: this.stream.events(response, this.#counted, this.caller.payloads), written });
    this.flush();
    this.#congested ||= this.#responses.size > 0;
    return !this.#congested;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (let next = this.#held.shift(); next !== undefined; next = this.#paused ? undefined : this.#held.shift()) {
      if (!this.#ended) this.#conversation.request(next.bytes);
      next.taken();
    }
  }

  end(): void {
    this.#endWith({});
  }

  fail(error: unknown): void {
    const refusal = this.options.refusalOf(error);
    this.#failure ??= refusal;
    const { reason, message, retryable } = refusal;
    this.#endWith({ error: { reason, message, retryable } });
  }

  #endWith(params: JsonObject): void {
    if (this.#ended) return;
    this.#ended = true;
    const ended: Event = { name: "ended", params };
    this.#responses.push({ events: [ended].values(), written: undefined });
    this.#conversation.closed();
    this.resume();
    this.flush();
  }

  #nextEvent(): Event | undefined {
    for (let response = this.#responses.peek(); response !== undefined; response = this.#responses.peek()) {
      const next = response.events.next();
      if (!next.done) return next.value;
      this.#responses.shift();
      this.#acknowledge(response);
    }
    return undefined;
  }

  /** In a turn of its own, since who hears it writes again. */
  #acknowledge({ written }: Response): void {
    setImmediate(() => {
      this.#unacknowledged--;
      if (!this.#ended) written?.();
      this.#endIfDrained();
    });
  }

  #endIfDrained(): void {
    if (this.#draining && this.#unacknowledged === 0) this.end();
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#responses.clear();
    this.#conversation.closed();
    this.resume();
    this.options.closed(this);
  }
}
