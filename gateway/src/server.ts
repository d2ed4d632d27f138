// The process as a whole: an engine, a broker around it, the services around that, the doors around those. Opened in this order,
// drained from the outside in, closed in reverse.
import { Broker } from "./broker/broker.js";
import type { Config } from "./config.js";
import { openEngine } from "./engines/open.js";
import { systemClock } from "./model/clock.js";
import { Services } from "./service/services.js";
import type { Log } from "./telemetry/log.js";
import { contractOf } from "./transports/contract/contract.js";
import { GrpcTransport } from "./transports/grpc/server.js";
import { rooms } from "./transports/http/rooms.js";
import { HttpTransport } from "./transports/http/server.js";
import { Listener } from "./transports/listener.js";
import { version } from "./version.js";

export class Gateway {
  readonly #broker: Broker;
  readonly #grpc: GrpcTransport;
  readonly #http: HttpTransport;
  readonly #listener: Listener;
  #closing: Promise<void> | undefined;

  constructor(
    readonly config: Config,
    readonly log: Log,
  ) {
    const engine = openEngine(config, log);
    this.#broker = new Broker(engine, systemClock, config.limits, (error) =>
      log.error({ err: error }, "the broker failed"),
    );
    const services = new Services(this.#broker);
    const contract = contractOf(services);
    this.#grpc = new GrpcTransport(contract, config.limits, log);
    const face = { version, engine: engine.capabilities.name };
    this.#http = new HttpTransport(face, rooms, { services, contract, config, log });
    this.#listener = new Listener({ http2: this.#grpc, http1: this.#http }, config.limits, log);
  }

  /** Ready when it is fulfilled; tells the port. */
  async open(): Promise<number> {
    await this.#broker.open();
    return this.#listener.open(this.config.host, this.config.port);
  }

  /** Takes nothing new, lets every stream end, closes. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#drainAndClose();
    return this.#closing;
  }

  async #drainAndClose(): Promise<void> {
    this.log.info("draining");
    this.#listener.drain();
    this.#http.drain();
    this.#grpc.drain();
    await Promise.all([this.#grpc.close(), this.#http.close()]);
    this.#listener.close();
    await this.#broker.close();
    this.log.info("closed");
  }
}
