// Buses that a test connects, and that are closed after it.
import { afterEach } from "vitest";
import { Bus, type ConnectOptions } from "../../src/index.js";

const open: Bus[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((bus) => bus.close()));
});

/** A bus whose errors nobody wants to read. */
export function quiet(ident?: string): Bus {
  const bus = new Bus(ident);
  bus.onError(() => {});
  open.push(bus);
  return bus;
}

export async function connected(at: { readonly url: string }, options: ConnectOptions = {}): Promise<Bus> {
  return quiet().connect(at.url, options);
}
