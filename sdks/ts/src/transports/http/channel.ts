// JSON over HTTP/1.1: calls are POST /rpc, subscriptions are server-sent events, whose later requests are calls with their name.
import { setMaxListeners } from "node:events";
import { Agent, type IncomingMessage, type RequestOptions, request } from "node:http";
import { type BerryMQError, Unavailable } from "../../errors.js";
import type { Channel, Fields, Listener, Params, Subscription } from "../json/channel.js";
import { refusalOf, refusalOfStatus } from "../json/refusal.js";
import type { Caller } from "../transport.js";
import { EventReader } from "./events.js";

/** Milliseconds that an unused connection is kept: less than gateways keep theirs, so that none is used just as it is closed. */
const IDLE = 4000;
/** Milliseconds without a word, when events have a heartbeat every 15 s, after which nobody is there. */
const SILENCE = 40_000;
/** Params of a first request that stand in the address; the others follow in an update. */
const IN_ADDRESS = ["credit", "auto_ack", "lease"];

export class HttpChannel implements Channel {
  private readonly agent = new Agent({ keepAlive: true, timeout: IDLE });
  private readonly ending = new AbortController();
  private readonly target: RequestOptions;
  private inOrder: Promise<unknown> = Promise.resolve();
  private nextId = 1;

  constructor(
    private readonly host: string,
    caller: Caller,
  ) {
    // Every call under way listens to it.
    setMaxListeners(0, this.ending.signal);
    const { hostname, port } = new URL(`http://${host}`);
    const headers = {
      "berrymq-session": encodeURIComponent(caller.session),
      "berrymq-ident": encodeURIComponent(caller.ident),
      // Byte for byte: this package reads them itself.
      "berrymq-payload": "base64",
    };
    this.target = { host: hostname.replace(/^\[|\]$/g, ""), port: port || 80, agent: this.agent, headers };
  }

  async call(method: string, params: Fields, signal?: AbortSignal): Promise<Params> {
    signal?.throwIfAborted();
    const body = JSON.stringify({ jsonrpc: "2.0", id: this.nextId++, method, params });
    const headers = {
      ...this.target.headers,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const response = await this.send({ method: "POST", path: "/rpc", headers }, body, signal);
    const answer = await this.readAnswer(response, signal);
    if (answer.error) throw refusalOf(answer.error);
    return answer.result;
  }

  /** One after the other: several connections would let them overtake each other. */
  callInOrder(method: string, params: Fields): Promise<Params> {
    const answer = this.inOrder.then(() => this.call(method, params));
    this.inOrder = answer;
    return answer;
  }

  subscribe(kind: string, opening: Fields, listener: Listener): Subscription {
    return new EventStream(kind, opening, listener, {
      call: (method, params) => this.call(method, params),
      open: (path, signal) =>
        this.send({ path, headers: { ...this.target.headers, accept: "text/event-stream" }, agent: false }, "", signal),
      lost: (error) => this.lost(error),
    });
  }

  close(): void {
    this.ending.abort(this.lost(new Error("it was closed here")));
    this.agent.destroy();
  }

  /** Resolves with the head of the answer. @throws Unavailable; a refusal when it is no 200 */
  private async send(options: RequestOptions, body: string, signal?: AbortSignal): Promise<IncomingMessage> {
    const given = signal ? AbortSignal.any([signal, this.ending.signal]) : this.ending.signal;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request({ ...this.target, ...options, signal: given }, resolve);
      sent.on("error", (error) => reject(given.aborted ? given.reason : this.lost(error)));
      sent.end(body);
    });
    if (response.statusCode === 200) return response;
    throw refusalOfStatus(response.statusCode ?? 0, await this.readAnswer(response, signal).catch(() => undefined));
  }

  private async readAnswer(response: IncomingMessage, signal: AbortSignal | undefined): Promise<Params> {
    let text = "";
    response.setEncoding("utf8");
    try {
      for await (const piece of response) text += piece;
    } catch (error) {
      throw signal?.aborted ? signal.reason : this.lost(error as Error);
    }
    try {
      return JSON.parse(text);
    } catch {
      throw this.lost(new Error(`it answered what is no JSON: ${JSON.stringify(text.slice(0, 60))}`));
    }
  }

  private lost(cause: Error): Unavailable {
    return new Unavailable(`the connection to http://${this.host} is gone: ${cause.message}`, { cause });
  }
}

/** What an event stream needs of its channel. */
interface Host {
  call(method: string, params: Fields): Promise<Params>;
  open(path: string, signal: AbortSignal): Promise<IncomingMessage>;
  lost(cause: Error): BerryMQError;
}

class EventStream implements Subscription {
  private readonly stopping = new AbortController();
  private over = false;
  private named: (name: string) => void = () => {};
  /** Updates one after the other, from when the gateway has said the subscription's name. */
  private updates: Promise<unknown>;
  private name = "";

  constructor(
    private readonly kind: string,
    opening: Fields,
    private readonly listener: Listener,
    private readonly host: Host,
  ) {
    this.updates = new Promise<string>((resolve) => {
      this.named = resolve;
    });
    const rest = Object.entries(opening).filter(
      ([name, value]) => name !== "queue" && value !== undefined && !IN_ADDRESS.includes(name),
    );
    if (rest.length > 0) this.update(Object.fromEntries(rest));
    this.run(pathOf(kind, opening)).then(
      () => this.ended(this.host.lost(new Error("the events have ended"))),
      (error) => this.ended(error),
    );
  }

  update(params: Fields): void {
    this.updates = this.updates.then(() => {
      if (!this.over) return this.host.call(`${this.kind}.update`, { subscription: this.name, ...params });
    });
    this.updates.catch((error) => this.ended(error));
  }

  end(): void {
    this.over = true;
    this.stopping.abort();
  }

  private async run(path: string): Promise<void> {
    const response = await this.host.open(path, this.stopping.signal);
    response.socket.setTimeout(SILENCE, () => response.destroy(new Error("it says nothing any more")));
    response.setEncoding("utf8");
    const reader = new EventReader();
    try {
      for await (const piece of response)
        for (const event of reader.read(piece)) this.take(event.name, JSON.parse(event.data));
    } catch (error) {
      throw this.host.lost(error as Error);
    }
  }

  private take(event: string, params: Params): void {
    if (this.over) return;
    if (event === "subscription") {
      this.name = String(params.subscription);
      this.named(this.name);
    } else if (event === "ended") this.ended(params.error && refusalOf(params.error));
    else this.listener.heard(event, params);
  }

  private ended(error: BerryMQError | undefined): void {
    if (this.over) return;
    this.end();
    this.listener.ended(error);
  }
}

function pathOf(kind: string, opening: Fields): string {
  const query = new URLSearchParams(kind === "follow" ? { resume: "0" } : {});
  for (const name of IN_ADDRESS) if (opening[name] !== undefined) query.set(name, String(opening[name]));
  const page = kind === "follow" ? "/v1/follow" : `/v1/queues/${encodeURIComponent(String(opening.queue))}/consume`;
  return `${page}?${query}`;
}
