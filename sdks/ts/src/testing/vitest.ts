// For vitest: `import { test } from "berrymq/vitest"` has the fixtures `berrymq` and `berrymqBus`.
/**
 * The `test` of vitest, with a bus under test for each test: `import { test } from "berrymq/vitest"`.
 *
 * @module berrymq/vitest
 */
import { test as plain } from "vitest";
import { defaultBus } from "../default-bus.js";
import { TestBus, type TestBusOptions } from "./test-bus.js";

/** What each test may ask for. */
export interface BerrymqFixtures {
  /** The default bus, under test. */
  readonly berrymq: TestBus;
  /** A new bus, under test. */
  readonly berrymqBus: TestBus;
}

/** Of the context of a test, what is needed here. */
interface Context {
  onTestFailed(told: () => void): void;
}

/** `test` of vitest, with berryMQ's fixtures. A test that fails prints its seed. */
export const test = plain.extend<BerrymqFixtures>({
  berrymq: async ({ onTestFailed }, use) => fixture({ bus: defaultBus }, { onTestFailed }, use),
  berrymqBus: async ({ onTestFailed }, use) => fixture({}, { onTestFailed }, use),
});

async function fixture(options: TestBusOptions, context: Context, use: (bus: TestBus) => Promise<void>): Promise<void> {
  await using bus = await TestBus.open(options);
  context.onTestFailed(() =>
    console.error(`berryMQ seed: ${bus.seed} (the same again: BERRYMQ_TEST_SEED=${bus.seed})`),
  );
  await use(bus);
}
