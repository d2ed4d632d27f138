// What a program's tests have of berryMQ: `import { TestBus } from "berrymq/testing"`. For Node.
/**
 * Tests without a server: a {@link TestBus} has virtual time, and records what happens. For Node.
 *
 * @module berrymq/testing
 */
export type { Faults } from "./faults.js";
export type { Mock } from "./mock.js";
export { TestBus, type TestBusOptions } from "./test-bus.js";
