// A bus under test that is joined to a real gateway, and what it leaves behind there.
import type { AnyBus } from "../bus.js";
import { closeConnection } from "../classic.js";
import { RealPassing } from "./real-passing.js";
import type { Scope } from "./scope.js";
import { tested } from "./tested.js";

export class AtGateway {
  readonly passing = new RealPassing(() => this.quiet());

  private constructor(
    private readonly bus: AnyBus,
    private readonly scope: Scope,
  ) {}

  /** @throws Unavailable when it does not answer */
  static async join(bus: AnyBus, url: string, scope: Scope): Promise<AtGateway> {
    await bus.connect(url);
    return new AtGateway(bus, scope);
  }

  /** Removes the queues that the test made or worked from: another test begins with empty ones. */
  async clear(): Promise<void> {
    const { link } = tested(this.bus);
    await Promise.allSettled(this.scope.names.map(async (name) => link?.calls().remove(name)));
  }

  async leave(): Promise<void> {
    await closeConnection({ bus: this.bus });
  }

  /** Whether everything published has arrived, and durable followings have nothing to do now. */
  private async quiet(): Promise<boolean> {
    await this.bus.flush();
    const { link, works } = tested(this.bus);
    const queues = works.list().map(async ({ queue }) => (await link!.calls().describe(queue)).status);
    return (await Promise.all(queues)).every(({ ready, leased }) => ready + leased === 0);
  }
}
