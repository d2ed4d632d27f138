// Mailboxes: what is sent to a program's ident reaches it now, or when it next connects; and word of who comes, goes and did not read.
import type { ErrorCallback } from "./dispatcher.js";
import type { Following, Handler } from "./follower.js";
import { type GatewayCalls, GatewayQueue } from "./gateway-queue.js";
import { Message } from "./message.js";
import type { Receipt } from "./receipt.js";
import { Worker } from "./worker.js";

const PERSISTENT = "_mailbox:";
const TRANSIENT = "_mailbox.transient:";

/** What becomes of what is sent. */
export interface MailboxOptions {
  /** Seconds after which the message is dropped unread, and its sender is told. Absent = it stays. */
  readonly ttl?: number | undefined;
  /** False = it need not outlive the gateway. Default true. */
  readonly persistent?: boolean | undefined;
}

/** Where one program's messages are sent. */
export interface Mailbox {
  /** Whose it is. */
  readonly ident: string;
  /** The receipt's `queues` is 1. @throws Unavailable before the first `connect` */
  send(...args: readonly unknown[]): Promise<Receipt>;
}

/** Is given a message that was sent to this program, and the ident of its sender. */
export type ReceiveCallback = (ident: string, message: Message) => unknown;
/** Is told that a message to `ident` expired unread. */
export type DropCallback = (ident: string, messageId: string) => unknown;
/** Is told of a program. */
export type IdentCallback = (ident: string) => unknown;

/** What registering a callback gives back. */
export interface Removable {
  /** Harmless twice. */
  remove(): void;
}

/** What mailboxes ask of their bus. */
export interface MailboxHost {
  readonly ident: string;
  gateway(): GatewayCalls | undefined;
  /** Publishes to the gateway, and to nobody here. @throws Unavailable before the first connection */
  publishThere(message: Message): Promise<Receipt>;
  follow(pattern: string, handler: Handler): Following;
  readonly report: ErrorCallback;
}

export class Mailboxes {
  private readonly callbacks = new Set<ReceiveCallback>();
  private workers: Worker[] = [];

  constructor(private readonly host: MailboxHost) {}

  /** The mailbox of an ident. */
  of(ident: string, { ttl, persistent = true }: MailboxOptions = {}): Mailbox {
    const identifier = `${persistent ? PERSISTENT : TRANSIENT}${escapeIdent(ident)}`;
    const send = async (...args: readonly unknown[]) => {
      const message = new Message(identifier, ...args);
      return this.host.publishThere(ttl === undefined ? message : message.with({ ttl }));
    };
    return { ident, send };
  }

  /** From the first callback on, this program's mailboxes are read. */
  onRecv(callback: ReceiveCallback): Removable {
    const own: ReceiveCallback = (ident, message) => callback(ident, message);
    this.callbacks.add(own);
    if (this.workers.length === 0) this.begin();
    return {
      remove: () => {
        if (this.callbacks.delete(own) && this.callbacks.size === 0) void this.close(Number.POSITIVE_INFINITY);
      },
    };
  }

  onDrop(callback: DropCallback): Removable {
    return this.system("berrymq:drop", ({ kwargs }) => {
      const ident = identOf(String(kwargs.queue));
      if (ident === undefined || kwargs.sender !== this.host.ident) return undefined;
      return callback(ident, String(kwargs.message_id));
    });
  }

  onConnect(callback: IdentCallback): Removable {
    return this.system("berrymq:connect", ({ kwargs }) => callback(String(kwargs.ident)));
  }

  onDisconnect(callback: IdentCallback): Removable {
    return this.system("berrymq:disconnect", ({ kwargs }) => callback(String(kwargs.ident)));
  }

  /** The bus is connected from now on. */
  connected(): void {
    if (this.callbacks.size > 0) this.begin();
  }

  /** What is at hand may be finished, for so many seconds. */
  async close(seconds: number): Promise<void> {
    const { workers } = this;
    this.workers = [];
    await Promise.all(workers.map((each) => each.stop(seconds)));
  }

  private begin(): void {
    const gateway = this.host.gateway();
    if (gateway === undefined) return;
    const { ident, report } = this.host;
    const target = () => (message: Message) => this.receive(message);
    for (const prefix of [PERSISTENT, TRANSIENT]) {
      const queue = new GatewayQueue(`${prefix}${escapeIdent(ident)}`, gateway);
      // One at a time: what was sent arrives in order.
      const worker = new Worker(queue, { target, concurrency: 1, answering: () => undefined, report });
      this.workers.push(worker);
      worker.run().catch((error) => report(error));
    }
  }

  private async receive(message: Message): Promise<void> {
    const failures: unknown[] = [];
    for (const callback of [...this.callbacks]) {
      try {
        await callback(message.sender, message);
      } catch (error) {
        failures.push(error);
      }
    }
    for (const error of failures.slice(1)) this.host.report(error, message);
    if (failures.length > 0) throw failures[0];
  }

  private system(pattern: string, handler: Handler): Removable {
    const following = this.host.follow(pattern, handler);
    return { remove: () => following.unfollow() };
  }
}

/** An ident as the action of an identifier. */
function escapeIdent(ident: string): string {
  return ident.replace(/[%:@*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Whose mailbox a queue is; undefined = it is none. */
function identOf(queue: string): string | undefined {
  const prefix = [PERSISTENT, TRANSIENT].find((each) => queue.startsWith(each));
  return prefix && queue.slice(prefix.length).replace(/%(25|3A|40|2A)/g, (escaped) => decodeURIComponent(escaped));
}
