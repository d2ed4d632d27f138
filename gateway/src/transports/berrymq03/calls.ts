// The calls of berryMQ 0.3: three styles of connecting, sending, pulling, closing.
import { randomBytes } from "node:crypto";
import type { Config } from "../../config.js";
import { DEFAULT_BERRYMQ03_TTL_SECONDS, type Limits } from "../../limits.js";
import { type Clock, SECOND } from "../../model/clock.js";
import { Refusal } from "../../model/errors.js";
import { readTarget } from "../../model/identifier.js";
import type { Services } from "../../service/services.js";
import type { Log } from "../../telemetry/log.js";
import { Connections, type Holding } from "./connections.js";
import { type Travelled, toRequest } from "./message.js";
import { openOwnQueue, pull } from "./own-queue.js";
import { addressOf, argsOf, booleanOf, kwargsOf, secondsOf, textOf, tokenOf, ttlOf } from "./params.js";
import { Peer } from "./peer.js";
import { Fault, type RpcRequest } from "./rpc.js";
import { Seen } from "./seen.js";
import { type Target, Targets } from "./targets.js";

export interface CallsContext {
  readonly services: Services;
  readonly config: Pick<Config, "limits" | "interconnectTargets">;
  readonly log: Log;
  readonly clock: Clock;
}

/** What a call knows beside its params. */
export interface Circumstances {
  /** Given when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** What a peer that is a gateway told beside; undefined = it told nothing. */
  readonly travelled: Travelled | undefined;
}

type Params = readonly unknown[];

interface Method {
  readonly params: readonly string[];
  run(params: Params, circumstances: Circumstances): Promise<unknown>;
}

export class Calls {
  readonly #connections: Connections;
  readonly #targets: Targets;
  readonly #seen = new Seen();
  readonly #limits: Limits;

  readonly #methods = new Map<string, Method>([
    ["interconnect", { params: ["addr", "token", "ttl"], run: (params) => this.#interconnect(params) }],
    ["connect_oneway", { params: ["ttl"], run: (params) => this.#connectOneway(params) }],
    ["connect_via_queue", { params: ["identifier", "ttl"], run: (params) => this.#connectViaQueue(params) }],
    [
      "send_message",
      { params: ["token", "identifier", "args", "kwargs"], run: (params, how) => this.#sendMessage(params, how) },
    ],
    ["get", { params: ["token", "block", "timeout"], run: (params, how) => this.#get(params, how) }],
    ["get_nowait", { params: ["token"], run: ([token], how) => this.#get([token, false], how) }],
    ["close_connection", { params: ["token", "addr"], run: (params) => this.#closeConnection(params) }],
  ]);

  constructor(readonly context: CallsContext) {
    this.#limits = context.config.limits;
    this.#connections = new Connections(context.clock, this.#limits.berrymq03Connections);
    this.#targets = new Targets(context.config.interconnectTargets);
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

  /** Both sides use the one token that the client made, as berryMQ 0.3 did; where it made none, the gateway makes it. */
  async #interconnect([addr, token, ttl]: Params): Promise<string> {
    const { host, port } = addressOf(addr);
    const lasting = this.#ttlOf(ttl);
    const name = tokenOf(token ?? "") || newName();
    const target = await this.#targets.resolve(host, port);
    this.#connections.checkRoom();
    if (this.#connections.has(name)) {
      throw new Refusal(
        "INVALID_ARGUMENT",
        "token: a connection of that token stands; close it, or make another token",
      );
    }
    this.#connections.add(name, lasting, this.#calledBack(target, name));
    this.context.log.info({ peer: `${host}:${port}`, address: target.address }, "a berryMQ 0.3 program interconnects");
    return name;
  }

  #calledBack(target: Target, token: string): Holding {
    const { services, clock, log } = this.context;
    const address = `${target.address}:${target.port}`;
    const session = this.#connections.sessionOf(address) ?? newName();
    const stream = services.follower.stream({ session, ident: "" });
    const heard = () => this.#connections.heard(token);
    const gone = () => this.#connections.remove(token);
    const peer = new Peer({ stream, target, token, seen: this.#seen, clock, log, heard, gone });
    return { session, target: address, end: () => peer.end() };
  }

  async #connectOneway([ttl]: Params): Promise<string> {
    const token = newName();
    this.#connections.add(token, this.#ttlOf(ttl), { session: newName(), end() {} });
    return token;
  }

  async #connectViaQueue([identifier, ttl]: Params): Promise<string> {
    const pattern = textOf(identifier, "identifier");
    const lasting = this.#ttlOf(ttl);
    this.#connections.checkRoom();
    const [token, session] = [newName(), newName()];
    const queue = await openOwnQueue(this.context.services, session, pattern, this.#limits);
    const end = () => {
      queue
        .delete()
        .catch((error) => this.context.log.error({ err: error }, "a connection's queue could not be deleted"));
    };
    try {
      this.#connections.add(token, lasting, { session, queue: queue.name, end });
    } catch (error) {
      end();
      throw error;
    }
    return token;
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
      const hops = travelled === undefined ? 0 : travelled.hops;
      const behind = {
        id: travelled?.id ?? "",
        hops: hops + (travelled !== undefined || target !== undefined ? 1 : 0),
      };
      await this.context.services.publisher.publish({ session, ident: "" }, toRequest(message, behind));
      if (behind.id !== "") this.#seen.add(behind.id);
      return "ok";
    });
  }

  async #get([token, block, timeout]: Params, { signal }: Circumstances): Promise<unknown> {
    const blocks = booleanOf(block, "block", true);
    const asked = secondsOf(timeout, "timeout");
    return this.#connections.use(tokenOf(token), async ({ queue }, ttl) => {
      if (queue === undefined) return "invalid token";
      const most = this.#limits.berrymq03GetSeconds * SECOND;
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

  #ttlOf(value: unknown): number {
    return ttlOf(value, DEFAULT_BERRYMQ03_TTL_SECONDS, this.#limits.berrymq03TtlSeconds);
  }
}

/** 128 random bits: a name that nobody guesses. */
function newName(): string {
  return randomBytes(16).toString("hex");
}
