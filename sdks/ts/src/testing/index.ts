// What a program's tests have of berryMQ: `import { TestBus } from "berrymq/testing"`. For Node.
export type { Faults } from "./faults.js";
export type { Mock } from "./mock.js";
export { TestBus, type TestBusOptions } from "./test-bus.js";
