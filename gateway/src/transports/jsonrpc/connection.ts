// One WebSocket: requests in their order, answers as they come, and the events of its subscriptions.
import { setMaxListeners } from "node:events";
import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import type { Limits } from "../../limits.js";
import { Refusal } from "../../model/errors.js";
import { DRAINING } from "../contract/call.js";
import type { JsonCaller } from "../http/caller.js";
import type { JsonObject } from "../json/codec.js";
import type { Event } from "../json/events.js";
import { type Sink, type Stream, Subscription } from "../json/subscription.js";
import type { Subscriptions } from "../json/subscriptions.js";
import { writeJson } from "../json/text.js";
import type { OpenStreams } from "../open-streams.js";
import type { Host } from "./invoker.js";
import { Liveness } from "./liveness.js";
import type { Rpc } from "./rpc.js";

/** RFC 6455 §7.4.1. */
const GOING_AWAY = 1001;
const NOT_TAKEN = 1003;

export interface ConnectionContext {
  readonly caller: JsonCaller;
  readonly rpc: Rpc;
  readonly limits: Pick<
    Limits,
    "connectionRequests" | "connectionSubscriptions" | "unsentBytes" | "frameBytes" | "drainSeconds"
  >;
  readonly streams: OpenStreams;
  readonly subscriptions: Subscriptions;
  readonly refusalOf: (error: unknown) => Refusal;
}

export class RpcConnection implements Sink {
  readonly #subscriptions = new Set<Subscription>();
  readonly #gone = new AbortController();
  readonly #open: { close(): void };
  #patience: NodeJS.Timeout | undefined;
  /** Subscriptions that are about to open. */
  #opening = 0;
  #requests = 0;
  #requestBytes = 0;
  #corked = false;
  #draining = false;

  constructor(
    readonly webSocket: WebSocket,
    readonly socket: Socket,
    readonly context: ConnectionContext,
  ) {
    // Each call that waits listens.
    setMaxListeners(0, this.#gone.signal);
    webSocket.on("message", (data, isBinary) => this.#said(data, isBinary));
    webSocket.on("close", () => this.#closed());
    // ws has closed with the right code by then: 1007, 1009.
    webSocket.on("error", () => {});
    socket.on("drain", () => this.#drained());
    new Liveness(webSocket, socket, () => webSocket.isPaused && this.ready);
    this.#open = context.streams.add(() => this.#drain());
  }

  get ready(): boolean {
    return this.socket.writableLength < this.context.limits.unsentBytes;
  }

  send({ id, stream }: Subscription, { name, params }: Event): void {
    const told = { subscription: id, ...params };
    this.#write(writeJson({ jsonrpc: "2.0", method: `${stream.name}.${name}`, params: told }));
  }

  terminate(): void {
    this.webSocket.terminate();
  }

  #said(data: RawData, isBinary: boolean): void {
    // What comes after the end was told is not carried out: it could not be answered.
    if (this.webSocket.readyState !== this.webSocket.OPEN) return;
    if (isBinary) return this.webSocket.close(NOT_TAKEN, "JSON in text frames is expected");
    const bytes = data as Buffer;
    this.#requests++;
    this.#requestBytes += bytes.length;
    this.#answer(bytes.toString())
      .catch((error: unknown) => {
        this.context.refusalOf(error);
        this.terminate();
      })
      .finally(() => {
        this.#requests--;
        this.#requestBytes -= bytes.length;
        this.#closeIfDrained();
        this.#holdBack();
      });
    this.#holdBack();
  }

  async #answer(said: string): Promise<void> {
    const opened: Subscription[] = [];
    const { caller, rpc } = this.context;
    const host: Host = {
      caller,
      signal: this.#gone.signal,
      openStream: async (stream, params) => {
        const subscription = await this.#openStream(stream, params);
        opened.push(subscription);
        return subscription;
      },
    };
    const { text } = await rpc.answer(said, host);
    if (text !== undefined) this.#write(text);
    for (const subscription of opened) subscription.start();
  }

  async #openStream(stream: Stream, params: JsonObject): Promise<Subscription> {
    const { caller, refusalOf, subscriptions, limits } = this.context;
    if (this.#draining) throw DRAINING;
    if (this.#subscriptions.size + this.#opening >= limits.connectionSubscriptions) {
      throw new Refusal(
        "LIMIT_REACHED",
        `${limits.connectionSubscriptions} subscriptions on one connection, which is the limit; end one`,
      );
    }
    const closed = (ended: Subscription) => {
      this.#subscriptions.delete(ended);
      subscriptions.delete(ended);
      this.#closeIfDrained();
    };
    this.#opening++;
    const opening = Subscription.open(stream, params, { caller, sink: this, refusalOf, closed });
    const subscription = await opening.finally(() => this.#opening--);
    this.#subscriptions.add(subscription);
    subscriptions.add(subscription);
    if (this.webSocket.readyState !== this.webSocket.OPEN) subscription.abandon();
    else if (this.#draining) subscription.drain();
    return subscription;
  }

  /** What is written in one turn leaves at once: a system call for each frame would be a fifth of all work. */
  #write(text: string): void {
    if (this.webSocket.readyState !== this.webSocket.OPEN) return;
    if (!this.#corked) {
      this.#corked = true;
      this.socket.cork();
      setImmediate(() => {
        this.#corked = false;
        this.socket.uncork();
      });
    }
    this.webSocket.send(text);
  }

  /** Reads nothing more while too much is under way, or while the client does not take what it is sent. */
  #holdBack(): void {
    const { connectionRequests, frameBytes } = this.context.limits;
    const full = this.#requests >= connectionRequests || this.#requestBytes >= frameBytes || !this.ready;
    if (full && !this.#draining) this.webSocket.pause();
    else this.webSocket.resume();
  }

  /** Everything that was sent has left. */
  #drained(): void {
    for (const subscription of this.#subscriptions) subscription.flush();
    this.#holdBack();
  }

  #drain(): void {
    this.#draining = true;
    this.#gone.abort(DRAINING);
    for (const subscription of this.#subscriptions) subscription.drain();
    this.#patience = setTimeout(() => this.terminate(), this.context.limits.drainSeconds * 1000);
    this.#holdBack();
    this.#closeIfDrained();
  }

  #closeIfDrained(): void {
    if (!this.#draining || this.#subscriptions.size > 0 || this.#requests > 0) return;
    this.webSocket.close(GOING_AWAY, DRAINING.message);
  }

  #closed(): void {
    clearTimeout(this.#patience);
    this.#gone.abort();
    for (const subscription of this.#subscriptions) subscription.abandon();
    this.#open.close();
  }
}
