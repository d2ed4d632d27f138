// Plays one case with one cast over one transport.
import { Gateway } from "../../support/gateway.ts";
import type { ConformanceCase, Step, Transport } from "./case-file.ts";
import type { Answer, Driver } from "./driver.ts";
import { at, difference } from "./expect.ts";
import { addressFor, type Sdk } from "./sdks.ts";
import { fill, show, type Value, type Variables } from "./values.ts";

export interface Stage {
  transport: Transport;
  /** Who plays each role, and their drivers. */
  cast: Sdk[];
  drivers: Driver[];
  /** The gateway that cases share; absent when no case of this run needs one. */
  gateway: Gateway | undefined;
}

let plays = 0;

/** Undefined when the case holds, otherwise what went wrong. */
export async function play(given: ConformanceCase, stage: Stage): Promise<string | undefined> {
  const scene = new Scene(given, stage);
  try {
    await scene.open();
    for (const step of given.steps) await scene.take(step);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await scene.close();
  }
}

class Scene {
  readonly #case: ConformanceCase;
  readonly #stage: Stage;
  readonly #drivers: Map<string, Driver>;
  // Cases share gateways, so each play has names of its own by `${n}`.
  readonly #variables: Variables = new Map<string, Value>([["n", `${process.pid}-${++plays}`]]);
  #ownGateway: Gateway | undefined;

  constructor(given: ConformanceCase, stage: Stage) {
    this.#case = given;
    this.#stage = stage;
    this.#drivers = new Map(given.roles.map((role, i) => [role, stage.drivers[i]!]));
  }

  /** A new bus for each role, joined by the gateway where the transport has one. */
  async open(): Promise<void> {
    if (this.#case.ownGateway) this.#ownGateway = await Gateway.start();
    for (const [role, driver] of this.#drivers) {
      await driver.call({ do: "open" });
      if (this.#stage.transport === "none") continue;
      const ident = fill(`${role}-\${n}`, this.#variables);
      const answer = await driver.call({ do: "connect", url: this.#urlFor(role), ident });
      if ("error" in answer) throw new Error(`${role} could not connect: ${show(answer.error)}`);
    }
  }

  async close(): Promise<void> {
    for (const driver of this.#drivers.values()) {
      driver.thaw();
      if (driver.alive) await driver.call({ do: "close" }).catch(() => {});
    }
    await this.#ownGateway?.kill();
  }

  /** Takes a step: asks, keeps variables, compares; again and again where the step says `eventually`. */
  async take(step: Step): Promise<void> {
    const deadline = performance.now() + 1000 * Number(step.eventually ?? 0);
    for (;;) {
      const answer = await this.#answer(step);
      const wrong = difference(step, answer, this.#variables);
      if (wrong === undefined) return this.#keep(step, answer);
      if (performance.now() >= deadline) throw new Error(`${step.role} ${show(step.command)}: ${wrong}`);
      await new Promise((next) => setTimeout(next, 20));
    }
  }

  async #answer(step: Step): Promise<Answer> {
    if (step.role === "runner") return { ok: await this.#direct(String(step.command.do), String(step.command.role)) };
    const variables = new Map(this.#variables).set("url", this.#urlFor(step.role));
    const command = fill(step.command, variables) as { [key: string]: Value };
    const answer = this.#drivers.get(step.role)!.call(command);
    answer.catch(() => {}); // awaited below; a step meanwhile may fail first
    for (const inner of step.meanwhile) await this.take(inner);
    return answer;
  }

  /** Where a role finds the gateway, over its wire. */
  #urlFor(role: string): string {
    const gateway = this.#ownGateway ?? this.#stage.gateway;
    return gateway === undefined ? "" : addressFor(this.#stage.cast[this.#case.roles.indexOf(role)]!, gateway.url);
  }

  /** What the runner itself does: to the case's own gateway, or to the process of a role. */
  async #direct(word: string, role: string): Promise<null> {
    if (word === "kill_gateway") await this.#ownGateway!.kill();
    else if (word === "stop_gateway") await this.#ownGateway!.stop();
    else if (word === "start_gateway") this.#ownGateway = await Gateway.start({ port: this.#ownGateway!.port });
    else if (word === "freeze") await this.#drivers.get(role)!.freeze();
    else if (word === "thaw") this.#drivers.get(role)!.thaw();
    else throw new Error(`the runner can kill_gateway, stop_gateway, start_gateway, freeze and thaw, not ${word}`);
    return null;
  }

  #keep(step: Step, answer: Answer): void {
    for (const [name, path] of Object.entries(step.keep ?? {})) {
      if ("ok" in answer) this.#variables.set(name, path === "" ? answer.ok : at(answer.ok, path));
    }
  }
}
