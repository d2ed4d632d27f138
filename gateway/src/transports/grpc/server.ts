// The gRPC door: HTTP/2 connections that the listener injects, served by grpc-js.
import type { Socket } from "node:net";
import { type ConnectionInjector, Server, ServerCredentials } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { Limits } from "../../limits.js";
import type { Log } from "../../telemetry/log.js";
import type { Contract } from "../contract/contract.js";
import { OpenStreams } from "../open-streams.js";
import type { Transport } from "../transport.js";
import { definitionOf, implementationOf } from "./calls.js";
import { addReflection } from "./reflection.js";
import { raiseReceiveWindow } from "./window.js";

const SERVICE_NAMES = ["", ...["Publisher", "Follower", "Queue", "Talk"].map((name) => `berrymq.v1.${name}Service`)];

export class GrpcTransport implements Transport {
  readonly #server: Server;
  readonly #injector: ConnectionInjector;
  readonly #streams = new OpenStreams();
  readonly #health = new HealthImplementation(Object.fromEntries(SERVICE_NAMES.map((name) => [name, "SERVING"])));

  constructor(
    contract: Contract,
    readonly limits: Limits,
    log: Log,
  ) {
    this.#server = new Server({
      "grpc.max_receive_message_length": limits.frameBytes,
      "grpc.max_send_message_length": -1,
      "grpc.max_concurrent_streams": limits.connectionStreams,
      // A peer that vanished without a word is found out by a ping.
      "grpc.keepalive_time_ms": 30_000,
      "grpc.keepalive_timeout_ms": 10_000,
    });
    for (const [name, calls] of Object.entries(contract)) {
      this.#server.addService(definitionOf(name, calls), implementationOf(calls, this.#streams, log));
    }
    this.#health.addToServer(this.#server);
    addReflection(this.#server);
    raiseReceiveWindow(this.#server);
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  accept(socket: Socket): void {
    this.#injector.injectConnection(socket);
  }

  drain(): void {
    for (const name of SERVICE_NAMES) this.#health.setStatus(name, "NOT_SERVING");
    this.#streams.drain();
  }

  /** Waits until every stream and call has ended and its last answer has left. */
  async #finish(): Promise<void> {
    await this.#streams.empty();
    await outsideOfCallbacks();
    await new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, this.limits.drainSeconds * 1000)));
    await Promise.race([this.#finish(), late]);
    clearTimeout(timer);
    await outsideOfCallbacks();
    this.#injector.destroy();
    this.#server.forceShutdown();
  }
}

/** The last stream may have ended inside a callback of nghttp2, and a session that is destroyed there spins for ever (node 20). */
function outsideOfCallbacks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
