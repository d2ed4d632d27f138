// The calls of berryMQ 0.3: connecting (connecting.ts), sending, pulling, closing.
import { SECOND } from "../../model/clock.js";
import { Refusal } from "../../model/errors.js";
import { readTarget } from "../../model/identifier.js";
import { type CallsContext, Connecting } from "./connecting.js";
import { Connections } from "./connections.js";
import { type Travelled, toRequest } from "./message.js";
import { pull } from "./own-queue.js";
import { argsOf, booleanOf, kwargsOf, type Params, secondsOf, textOf, tokenOf } from "./params.js";
import { Fault, type RpcRequest } from "./rpc.js";
import { Seen } from "./seen.js";

/** What a call knows beside its params. */
export interface Circumstances {
  /** Given when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** What a peer that is a gateway told beside; undefined = it told nothing. */
  readonly travelled: Travelled | undefined;
}

interface Method {
  readonly params: readonly string[];
  run(params: Params, circumstances: Circumstances): Promise<unknown>;
}

export class Calls {
  readonly #connections: Connections;
  readonly #connecting: Connecting;
  readonly #seen = new Seen();

  readonly #methods = new Map<string, Method>([
    ["interconnect", { params: ["addr", "token", "ttl"], run: (params) => this.#connecting.interconnect(params) }],
    ["connect_oneway", { params: ["ttl"], run: (params) => this.#connecting.oneway(params) }],
    ["connect_via_queue", { params: ["identifier", "ttl"], run: (params) => this.#connecting.viaQueue(params) }],
    [
      "send_message",
      { params: ["token", "identifier", "args", "kwargs"], run: (params, how) => this.#sendMessage(params, how) },
    ],
    ["get", { params: ["token", "block", "timeout"], run: (params, how) => this.#get(params, how) }],
    ["get_nowait", { params: ["token"], run: ([token], how) => this.#get([token, false], how) }],
    ["close_connection", { params: ["token", "addr"], run: (params) => this.#closeConnection(params) }],
  ]);

  constructor(readonly context: CallsContext) {
    this.#connections = new Connections(context.clock, context.config.limits.berrymq03Connections);
    this.#connecting = new Connecting(context, this.#connections, this.#seen);
  }

  /** @throws Fault, Refusal */
  async answer({ method, params }: RpcRequest, circumstances: Circumstances): Promise<unknown> {
    const found = this.#methods.get(method);
    if (found === undefined) {
      const names = [...this.#methods.keys()].join(", ");
      throw new Fault(
        "MethodNotFound",
        `there is no method ${JSON.stringify(method.slice(0, 64))}; there are ${names}`,
      );
    }
    if (params.length > found.params.length) {
      const takes = found.params.join(", ");
      throw new Refusal("INVALID_ARGUMENT", `params: ${params.length} of them; ${method} takes ${takes}`);
    }
    return found.run(params, circumstances);
  }

  /** Ends every connection. */
  close(): void {
    this.#connections.close();
  }

  async #sendMessage([token, identifier, args, kwargs]: Params, { travelled }: Circumstances): Promise<string> {
    const message = {
      identifier: readTarget(textOf(identifier, "identifier")).text,
      args: argsOf(args),
      kwargs: kwargsOf(kwargs),
    };
    return this.#connections.use(tokenOf(token), async ({ session, target }) => {
      if (travelled !== undefined && this.#seen.has(travelled.id)) return "ok";
      // What comes over a link has travelled one more; a program that only sends is where a message begins.
      const hops = travelled !== undefined ? travelled.hops + 1 : target !== undefined ? 1 : 0;
      const id = travelled?.id ?? "";
      if (id !== "") this.#seen.add(id);
      await this.context.services.publisher.publish({ session, ident: "" }, toRequest(message, { id, hops }));
      return "ok";
    });
  }

  async #get([token, block, timeout]: Params, { signal }: Circumstances): Promise<unknown> {
    const blocks = booleanOf(block, "block", true);
    const asked = secondsOf(timeout, "timeout");
    return this.#connections.use(tokenOf(token), async ({ queue }, ttl) => {
      if (queue === undefined) return "invalid token";
      const most = this.context.config.limits.berrymq03GetSeconds * SECOND;
      const wait = blocks ? Math.min(asked === undefined ? ttl : asked * SECOND, most) : 0;
      return this.#pulled(queue, wait, signal);
    });
  }

  async #pulled(queue: string, wait: number, signal: AbortSignal): Promise<unknown> {
    try {
      const message = await pull(this.context.services, queue, wait, this.context.clock, signal);
      if (message !== undefined) return [message.identifier, message.args, message.kwargs];
    } catch (error) {
      // The connection was closed while the call waited.
      if (error instanceof Refusal && error.reason === "QUEUE_NOT_FOUND") return "invalid token";
      throw error;
    }
    throw new Fault("Empty", `no message came within ${wait / SECOND} s`);
  }

  async #closeConnection([given]: Params): Promise<string> {
    const token = tokenOf(given);
    return this.#connections.use(token, () => {
      this.#connections.remove(token);
      return "ok";
    });
  }
}
