// The commands of the conformance driver (test/conformance/README.md), each as this SDK does it.
import { readFileSync } from "node:fs";
import { Bus } from "../bus.js";
import type { Delivery } from "../delivery.js";
import { Identifier, matches } from "../identifier.js";
import { Message } from "../message.js";
import { kwargs } from "../payload.js";
import { pipeline } from "../pipeline.js";
import type { NamedQueue, Queue } from "../queue.js";
import type { Receipt } from "../receipt.js";
import { handlerOf, type Step } from "./handler.js";
import { connect, modelCommands, together } from "./model.js";
import { Record as Heard } from "./record.js";
import { ofMessage, ofQueueOptions } from "./values.js";

export type Commands = { readonly [name: string]: (command: Step) => unknown };

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

let bus = silent();
let records = new Map<string, Heard>();
let ends = new Map<string, () => void>();
let queues = new Map<string, Queue>();
let deliveries = new Map<string, Delivery>();

export const commands: Commands = {
  hello: () => ({ sdk: "ts", version }),
  parse: ({ identifier }) => {
    const { name, action, namespace, local, reserved } = Identifier.parse(identifier);
    return { name, action, namespace, local, reserved };
  },
  matches: ({ pattern, identifier }) => matches(Identifier.parse(pattern), Identifier.parse(identifier)),
  open: async () => {
    await bus.close();
    bus = silent();
    records = new Map();
    ends = new Map();
    queues = new Map();
    deliveries = new Map();
    return null;
  },
  connect: (step) => {
    const { ident, timeout, max_held: maxHeld } = step;
    return connect(bus, step, { ident, timeout, maxHeld });
  },
  follow: async ({ as, pattern }) => {
    const stream = bus.follow(pattern);
    const heard = recordOf(as);
    ends.set(as, () => stream.close());
    void (async () => {
      for await (const message of stream) heard.add(ofMessage(message));
    })();
    return settled();
  },
  handle: async (step) => {
    const { as, pattern, guard, queue, queue_options: queueOptions } = step;
    const options = {
      ...(guard === undefined ? {} : { guard: () => guard }),
      ...(queue === undefined ? {} : { queue }),
      ...(step.concurrency === undefined ? {} : { concurrency: step.concurrency }),
      ...(queueOptions === undefined ? {} : { queueOptions: ofQueueOptions(queueOptions) }),
    };
    const following = bus.followingFunction(pattern, handlerOf(step, recordOf(as)), options);
    ends.set(as, () => following.unfollow());
    return settled();
  },
  handle_together: (step) => {
    const following = together(bus, step, recordOf(step.as));
    ends.set(step.as, () => following.unfollow());
    return settled();
  },
  ...Object.fromEntries(
    Object.entries(modelCommands).map(([name, act]) => [name, (command: Step) => act(bus, command)]),
  ),
  unfollow: async ({ as }) => {
    ends.get(as)!();
    return settled();
  },
  received: ({ as, count, timeout = 5 }) => records.get(as)!.take(count, timeout),
  publish: async (command) => told(await bus.publish(messageOf(command))),
  publish_many: async ({ messages }) => {
    const { followers, queues } = await bus.publishMany(messages.map(messageOf));
    return { followers, queues };
  },
  talk: async (command) => told(await bus.talk(messageOf(command), command.reply_to)),
  ask: (command) => bus.within(command.timeout ?? 30).ask(messageOf(command)),
  ask_many: async (command) => {
    const values: unknown[] = [];
    for await (const value of bus.within(command.timeout ?? 30).askMany(messageOf(command))) values.push(value);
    return values;
  },
  pipeline: async ({ call, identifiers, args = [], kwargs: named, errors, results, deadline }) => {
    const options = Object.fromEntries(given({ errors, results, deadline }));
    const made = pipeline(identifiers[0], ...identifiers.slice(1), { ...options, bus });
    const all = [...args, ...(named ? [kwargs(named)] : [])];
    return call === "ask" ? made.ask(...all) : told(await made.talk(...all));
  },
  queue: async ({ as, pattern, do: _, ...options }) => {
    const said = ofQueueOptions(options);
    queues.set(as, await bus.queue(pattern ?? (said as NamedQueue), said));
    return settled();
  },
  get: async ({ as, timeout, auto_ack: autoAck = true, delivery }) => {
    const wait = timeout === undefined ? {} : { timeout };
    if (autoAck && delivery === undefined) {
      const message = await queueOf(as).get(wait);
      return message ? ofMessage(message) : null;
    }
    const leased = await queueOf(as).get({ ...wait, autoAck: false });
    if (leased && delivery !== undefined) deliveries.set(delivery, leased);
    return leased ? ofMessage(leased.message) : null;
  },
  get_many: async ({ as, max, timeout }) => {
    const wait = timeout === undefined ? {} : { timeout };
    return (await queueOf(as).getMany(max, wait)).map(ofMessage);
  },
  consume: async ({ as, count, timeout = 5 }) => {
    const taken: unknown[] = [];
    const signal = AbortSignal.timeout(timeout * 1000);
    for await (const delivery of queueOf(as).consume({ signal })) {
      await delivery.ack();
      taken.push(ofMessage(delivery.message));
      if (taken.length >= count) break;
    }
    return taken;
  },
  settle: async ({ delivery, verb, delay, why, seconds }) => {
    await settle(deliveries.get(delivery)!, verb, { delay, why, seconds });
    return null;
  },
  queue_call: async ({ as, call }) => (await queueCalls[call]!(queueOf(as))) ?? null,
  peek: async ({ as, max }) => (await queueOf(as).peek(max)).map(ofMessage),
  dead: ({ as, queue }) => {
    queues.set(queue, queueOf(as).dead);
    return null;
  },
  redrive: ({ as, max, rate, message_ids: messageIds }) =>
    queueOf(as).redrive(Object.fromEntries(given({ max, rate, messageIds }))),
  send: async ({ ident, args = [], kwargs: named, ttl, persistent }) => {
    const box = bus.mailbox(ident, Object.fromEntries(given({ ttl, persistent })));
    const { messageId, queues } = await box.send(...args, ...(named ? [kwargs(named)] : []));
    return { message_id: messageId, queues };
  },
  on_recv: ({ as }) => {
    const heard = recordOf(as);
    const { remove } = bus.onRecv((from, message) => heard.add({ ...ofMessage(message), from }));
    ends.set(as, remove);
    return settled();
  },
  on_drop: ({ as }) => {
    const heard = recordOf(as);
    ends.set(as, bus.onDrop((ident, messageId) => heard.add({ ident, message_id: messageId })).remove);
    return settled();
  },
  on_connect: ({ as }) => {
    const heard = recordOf(as);
    ends.set(as, bus.onConnect((ident) => heard.add(ident)).remove);
    return settled();
  },
  on_disconnect: ({ as }) => {
    const heard = recordOf(as);
    ends.set(as, bus.onDisconnect((ident) => heard.add(ident)).remove);
    return settled();
  },
  flush: async () => {
    await bus.flush();
    return null;
  },
  close: async () => {
    await bus.close();
    return null;
  },
};

const queueCalls: { readonly [call: string]: (queue: Queue) => Promise<unknown> } = {
  qsize: (queue) => queue.qsize(),
  empty: (queue) => queue.empty(),
  full: (queue) => queue.full(),
  status: (queue) => queue.status(),
  patterns: async (queue) => queue.patterns,
  purge: (queue) => queue.purge(),
  pause: (queue) => queue.pause(),
  resume: (queue) => queue.resume(),
  delete: (queue) => queue.delete(),
  close: (queue) => queue.close(),
};

function settle(delivery: Delivery, verb: string, { delay, why, seconds }: Step): Promise<void> {
  if (verb === "ack") return delivery.ack();
  if (verb === "release") return delivery.release();
  if (verb === "retry") return delivery.retry(delay);
  if (verb === "reject") return delivery.reject(why);
  return delivery.extend(seconds);
}

/** What handlers throw is part of the cases; stderr stays for what is not. */
function silent(): Bus {
  const made = new Bus();
  made.onError(() => {});
  return made;
}

async function settled(): Promise<null> {
  await bus.flush();
  return null;
}

function recordOf(as: string): Heard {
  const heard = new Heard();
  records.set(as, heard);
  return heard;
}

function queueOf(as: string): Queue {
  const found = queues.get(as);
  if (found === undefined) throw new Error(`no queue is called ${as}`);
  return found;
}

/** Options stand beside the identifier, or under `with`. */
function messageOf(command: Step): Message {
  const { identifier, args = [], kwargs: named, attributes, message_id: messageId } = command;
  const { payload, content_type: contentType } = command;
  const { ttl = command.ttl, priority = command.priority, delay = command.delay } = command.with ?? {};
  const requireAck = command.with?.require_ack ?? command.require_ack;
  const message = new Message(identifier, ...args, ...(named ? [kwargs(named)] : []));
  const options = given({ attributes, ttl, messageId, priority, delay, requireAck, payload, contentType });
  return options.length === 0 ? message : message.with(Object.fromEntries(options));
}

function given(options: object): [string, unknown][] {
  return Object.entries(options).filter(([, value]) => value !== undefined);
}

function told({ messageId, followers, queues }: Receipt): unknown {
  return { message_id: messageId, followers, queues };
}
