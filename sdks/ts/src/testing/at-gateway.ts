// A bus under test that is joined to a real gateway, and what it leaves behind there.
import { type AnyBus, Bus } from "../bus.js";
import { closeConnection } from "../classic.js";
import { InvalidArgument, QueueNotFound } from "../errors.js";
import type { QueueStatus } from "../transports/queue-calls.js";
import { RealPassing } from "./real-passing.js";
import type { Scope } from "./scope.js";
import { tested } from "./tested.js";

export class AtGateway {
  readonly passing = new RealPassing(() => this.quiet());

  private constructor(
    private readonly bus: AnyBus,
    /** Looks after queues, before and after. */
    private readonly keeper: AnyBus,
  ) {}

  /** @throws Unavailable when it does not answer; InvalidArgument when the queues to work from hold something */
  static async join(bus: AnyBus, url: string, { names }: Scope): Promise<AtGateway> {
    const keeper = await new Bus().connect(url);
    try {
      await assertEmpty(keeper, names, url);
      await bus.connect(url);
    } catch (error) {
      await keeper.close();
      throw error;
    }
    return new AtGateway(bus, keeper);
  }

  /** Ends the link, and removes the queues that the test made or worked from: another test begins with empty ones. */
  async leave(names: readonly string[]): Promise<void> {
    await closeConnection({ bus: this.bus });
    const { link } = tested(this.keeper);
    await Promise.allSettled(names.map(async (name) => link?.calls().remove(name)));
    await this.keeper.close();
  }

  /** Whether everything published has arrived, and durable followings have nothing to do now. */
  private async quiet(): Promise<boolean> {
    await this.bus.flush();
    const { works } = tested(this.bus);
    const queues = await Promise.all(works.list().map(({ queue }) => statusOf(this.keeper, queue)));
    return queues.every((status) => status === undefined || status.ready + status.leased === 0);
  }
}

/** A test takes what its queues hold, and removes them: they must be nobody else's. */
async function assertEmpty(keeper: AnyBus, names: readonly string[], url: string): Promise<void> {
  for (const name of names) {
    const { ready, delayed, leased } = (await statusOf(keeper, name)) ?? { ready: 0, delayed: 0, leased: 0 };
    const messages = ready + delayed + leased;
    if (messages === 0) continue;
    throw new InvalidArgument(
      `the queue ${name} at ${url} holds ${messages} messages, which a test would take: give tests a gateway of their own`,
    );
  }
}

/** Undefined = there is no such queue. */
async function statusOf(bus: AnyBus, name: string): Promise<QueueStatus | undefined> {
  try {
    return (await tested(bus).link!.calls().describe(name)).status;
  } catch (error) {
    if (error instanceof QueueNotFound) return undefined;
    throw error;
  }
}
