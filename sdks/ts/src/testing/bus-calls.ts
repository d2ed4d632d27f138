// The public calls of a bus, on something that has one.
import { type AnyBus, Bus } from "../bus.js";

class HasBus {
  constructor(
    /** The bus under test. */
    readonly bus: AnyBus,
  ) {}

  get clock() {
    return this.bus.clock;
  }
}

for (const name of Object.getOwnPropertyNames(Bus.prototype)) {
  if (name in HasBus.prototype) continue;
  Object.defineProperty(HasBus.prototype, name, {
    get(this: HasBus) {
      const value: unknown = Reflect.get(this.bus, name);
      return typeof value === "function" ? value.bind(this.bus) : value;
    },
  });
}

/** What of a bus is another thing under test. */
type Otherwise = "close" | typeof Symbol.asyncDispose;

export const BusCalls = HasBus as unknown as new (bus: AnyBus) => HasBus & Omit<Bus, Otherwise>;
