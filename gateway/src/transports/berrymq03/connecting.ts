// The three styles of connecting: a program that only sends, one that pulls from a queue of its own, one that is called back.
import { randomBytes } from "node:crypto";
import type { Config } from "../../config.js";
import { DEFAULT_BERRYMQ03_TTL_SECONDS } from "../../limits.js";
import type { Clock } from "../../model/clock.js";
import { Refusal } from "../../model/errors.js";
import type { Services } from "../../service/services.js";
import type { Log } from "../../telemetry/log.js";
import type { Connections, Holding } from "./connections.js";
import { openOwnQueue } from "./own-queue.js";
import { addressOf, type Params, textOf, tokenOf, ttlOf } from "./params.js";
import { Peer } from "./peer.js";
import type { Seen } from "./seen.js";
import { type Target, Targets } from "./targets.js";

export interface CallsContext {
  readonly services: Services;
  readonly config: Pick<Config, "limits" | "interconnectTargets">;
  readonly log: Log;
  readonly clock: Clock;
}

export class Connecting {
  readonly #targets: Targets;

  constructor(
    readonly context: CallsContext,
    readonly connections: Connections,
    readonly seen: Seen,
  ) {
    this.#targets = new Targets(context.config.interconnectTargets);
  }

  /** Both sides use the one token that the client made, as berryMQ 0.3 did; where it made none, the gateway makes it. */
  async interconnect([addr, token, ttl]: Params): Promise<string> {
    const { host, port } = addressOf(addr);
    const lasting = this.#ttlOf(ttl);
    const name = tokenOf(token ?? "") || newName();
    const target = await this.#targets.resolve(host, port);
    this.connections.checkRoom();
    if (this.connections.has(name)) {
      throw new Refusal(
        "INVALID_ARGUMENT",
        "token: a connection of that token stands; close it, or make another token",
      );
    }
    this.connections.add(name, lasting, this.#calledBack(target, name));
    this.context.log.info({ peer: `${host}:${port}`, address: target.address }, "a berryMQ 0.3 program interconnects");
    return name;
  }

  #calledBack(target: Target, token: string): Holding {
    const { services, clock, log } = this.context;
    const address = `${target.address}:${target.port}`;
    const session = this.connections.sessionOf(address) ?? newName();
    const stream = services.follower.stream({ session, ident: "" });
    const heard = () => this.connections.heard(token);
    const gone = () => this.connections.remove(token);
    const peer = new Peer({ stream, target, token, seen: this.seen, clock, log, heard, gone });
    return { session, target: address, end: () => peer.end() };
  }

  async oneway([ttl]: Params): Promise<string> {
    const token = newName();
    this.connections.add(token, this.#ttlOf(ttl), { session: newName(), end() {} });
    return token;
  }

  async viaQueue([identifier, ttl]: Params): Promise<string> {
    const pattern = textOf(identifier, "identifier");
    const lasting = this.#ttlOf(ttl);
    this.connections.checkRoom();
    const [token, session] = [newName(), newName()];
    const queue = await openOwnQueue(this.context.services, session, pattern, this.context.config.limits);
    const end = () => {
      queue
        .delete()
        .catch((error) => this.context.log.error({ err: error }, "a connection's queue could not be deleted"));
    };
    try {
      this.connections.add(token, lasting, { session, queue: queue.name, end });
    } catch (error) {
      end();
      throw error;
    }
    return token;
  }

  #ttlOf(value: unknown): number {
    return ttlOf(value, DEFAULT_BERRYMQ03_TTL_SECONDS, this.context.config.limits.berrymq03TtlSeconds);
  }
}

/** 128 random bits: a name that nobody guesses. */
function newName(): string {
  return randomBytes(16).toString("hex");
}
