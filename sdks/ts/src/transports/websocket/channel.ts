// JSON-RPC 2.0 over one WebSocket: calls with answers in any order, and what comes of subscriptions as notifications.
import { type BerryMQError, Unavailable } from "../../errors.js";
import type { Channel, Fields, Listener, Params, Subscription } from "../json/channel.js";
import { refusalOf } from "../json/refusal.js";
import type { Caller } from "../transport.js";
import type { OpenSocket, Socket, Told } from "./socket.js";

/** After so many milliseconds of silence a gateway is asked whether it is there; after as many again it is not. */
const SILENCE = 20_000;

interface Pending {
  resolve(result: Params): void;
  reject(error: unknown): void;
}

export class WebSocketChannel implements Channel {
  private readonly socket: Socket;
  /** What was said before the socket stood; undefined = it stands. */
  private unsaid: string[] | undefined = [];
  private readonly calls = new Map<number, Pending>();
  private readonly subscriptions = new Map<string, Listener>();
  private readonly watch: ReturnType<typeof setInterval>;
  private silent = 0;
  private nextId = 1;
  private over: BerryMQError | undefined;

  constructor(
    private readonly host: string,
    caller: Caller,
    open: OpenSocket,
  ) {
    const who = `session=${encodeURIComponent(caller.session)}&ident=${encodeURIComponent(caller.ident)}`;
    // Payloads byte for byte: this package reads them itself.
    this.socket = open(`ws://${host}/rpc?${who}&payload=base64`);
    this.socket.onopen = () => this.opened();
    this.socket.onmessage = ({ data }: Told) => this.heard(String(data));
    this.socket.onerror = ({ message }: Told) => this.end(this.lost(message));
    this.socket.onclose = ({ reason }: Told) => this.end(this.lost(reason));
    this.watch = setInterval(() => this.listen(), SILENCE);
  }

  call(method: string, params: Fields): Promise<Params> {
    return new Promise((resolve, reject) => this.request(method, params, { resolve, reject }));
  }

  /** One socket keeps the order, and its end is the end of every call. */
  callInOrder(method: string, params: Fields): Promise<Params> {
    return this.call(method, params);
  }

  subscribe(kind: string, opening: Fields, listener: Listener): Subscription {
    let name: string | undefined;
    let waiting: Fields[] = [];
    let ended = false;
    const fail = (error: unknown) => {
      if (name !== undefined) this.subscriptions.delete(name);
      if (!ended) listener.ended(error as BerryMQError);
      ended = true;
    };
    const once: Listener = { heard: (event, params) => listener.heard(event, params), ended: fail };
    const say = (method: string, params: Fields) =>
      this.request(method, { subscription: name, ...params }, { resolve: () => {}, reject: fail });
    const opened = ({ subscription }: Params) => {
      name = String(subscription);
      if (ended) return say(`${kind}.end`, {});
      this.subscriptions.set(name, once);
      for (const params of waiting) say(`${kind}.update`, params);
      waiting = [];
    };
    this.request(kind, opening, { resolve: opened, reject: fail });
    return {
      update: (params) => {
        if (ended) return;
        if (name === undefined) waiting.push(params);
        else say(`${kind}.update`, params);
      },
      end: () => {
        if (!ended && name !== undefined) say(`${kind}.end`, {});
        ended = true;
        if (name !== undefined) this.subscriptions.delete(name);
      },
    };
  }

  close(): void {
    this.end(this.lost("it was closed here"));
  }

  private opened(): void {
    const unsaid = this.unsaid ?? [];
    this.unsaid = undefined;
    for (const text of unsaid) this.socket.send(text);
  }

  /** The answer is told at once, before whatever the socket brings next. */
  private request(method: string, params: Fields, pending: Pending): void {
    if (this.over) return pending.reject(this.over);
    const id = this.nextId++;
    this.calls.set(id, pending);
    const text = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    if (this.unsaid) this.unsaid.push(text);
    else this.socket.send(text);
  }

  private heard(text: string): void {
    this.silent = 0;
    try {
      this.take(JSON.parse(text));
    } catch (error) {
      this.end(this.lost(`it said what cannot be read: ${(error as Error).message}`));
    }
  }

  private take(said: Params): void {
    if (said.method !== undefined) return this.notified(String(said.method), said.params);
    const pending = this.calls.get(said.id);
    this.calls.delete(said.id);
    if (said.error) pending?.reject(refusalOf(said.error));
    else pending?.resolve(said.result);
  }

  private notified(method: string, params: Params): void {
    const listener = this.subscriptions.get(params.subscription);
    const event = method.slice(method.indexOf(".") + 1);
    if (event !== "ended") return listener?.heard(event, params);
    this.subscriptions.delete(params.subscription);
    listener?.ended(params.error && refusalOf(params.error));
  }

  /** A gateway that vanished without a word is found out: any call is answered, if only with a refusal. */
  private listen(): void {
    this.silent++;
    if (this.silent > 2) return this.end(this.lost("it says nothing any more"));
    if (this.silent === 2 && !this.unsaid)
      this.request("queue.list", { page_size: 1 }, { resolve: () => {}, reject: () => {} });
  }

  private lost(why: string | undefined): Unavailable {
    return new Unavailable(`the connection to ws://${this.host} is gone${why ? `: ${why}` : ""}`);
  }

  private end(error: BerryMQError): void {
    if (this.over) return;
    this.over = error;
    clearInterval(this.watch);
    this.socket.close();
    for (const pending of this.calls.values()) pending.reject(error);
    for (const listener of this.subscriptions.values()) listener.ended(error);
    this.calls.clear();
    this.subscriptions.clear();
  }
}
