// The connection styles of berryMQ 0.3, by their old names.
import type { AnyBus } from "./bus.js";
import type { ConnectOptions } from "./connect-options.js";
import { defaultBus } from "./default-bus.js";
import { InvalidArgument } from "./errors.js";
import { inside } from "./inside.js";
import { Message } from "./message.js";
import { type KeywordArguments, kwargs as named } from "./payload.js";
import type { GetOptions, Queue } from "./queue.js";
import type { Receipt } from "./receipt.js";
import type { OnBus } from "./unfollow.js";

/** As of `connect`; without a bus, on the default one. */
export type StyleOptions = ConnectOptions & OnBus;

/** Of buses that are connected via a queue. */
const pulled = new WeakMap<AnyBus, Queue>();

/** `connect`: both sides hear everything of the other. */
export function interconnect(url: string, { bus = defaultBus, ...options }: StyleOptions = {}): Promise<AnyBus> {
  return bus.connect(url, options);
}

/** `connect` for who only sends: live followers and streams of this process hear nothing of others'. */
export async function connectOneway(url: string, { bus = defaultBus, ...options }: StyleOptions = {}): Promise<AnyBus> {
  const own = inside(bus);
  const { hears } = own;
  own.hears = false;
  try {
    return await bus.connect(url, options);
  } catch (error) {
    own.hears = hears;
    throw error;
  }
}

/** {@link connectOneway}, with a queue of one's own at the gateway: what the pattern meets is there for {@link get} to pull. */
export async function connectViaQueue(pattern: string, url: string, options: StyleOptions = {}): Promise<Queue> {
  const bus = await connectOneway(url, options);
  try {
    const queue = await bus.queue(pattern);
    pulled.set(bus, queue);
    return queue;
  } catch (error) {
    await closeConnection({ bus });
    throw error;
  }
}

/** The oldest message of the queue that {@link connectViaQueue} made; undefined when none came in time. @throws InvalidArgument before */
export async function get({ bus = defaultBus, ...options }: GetOptions & OnBus = {}): Promise<Message | undefined> {
  const queue = pulled.get(bus);
  if (queue === undefined)
    throw new InvalidArgument("get pulls from the queue of connectViaQueue(pattern, url); call that first");
  return queue.get({ ...options, autoAck: true });
}

/** {@link get} that does not wait. */
export function getNowait(on: OnBus = {}): Promise<Message | undefined> {
  return get({ ...on, block: false });
}

/** Publishes to the gateway, and to nobody here. The promise rejects with Unavailable before `connect`. */
export async function sendMessage(
  identifier: string,
  args: readonly unknown[] = [],
  kwargs: KeywordArguments = {},
  { bus = defaultBus }: OnBus = {},
): Promise<Receipt> {
  const message = new Message(identifier, ...args, named(kwargs));
  const { local, reserved } = message.identifier;
  if (local || reserved)
    throw new InvalidArgument(`${identifier} does not leave this process; publish it, or choose another name`);
  return inside(bus).publisher.publishThere(message);
}

/** Ends the link and leaves the bus as it was before it; it may connect again. Harmless twice. */
export async function closeConnection({ bus = defaultBus }: OnBus = {}): Promise<void> {
  pulled.delete(bus);
  const own = inside(bus);
  await own.leave();
  own.name = own.own;
  // Durable followings go on with the queues of this process.
  await own.works.connected();
}
