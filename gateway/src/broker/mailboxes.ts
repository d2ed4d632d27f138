// Mailboxes: the queue of one ident, there without being made. Sending is publishing to its identifier, receiving is consuming it.
import { Refusal } from "../model/errors.js";
import { mailboxOptions } from "../model/queue-options.js";
import type { BrokerQueue } from "./queue.js";
import type { Queues } from "./queues.js";

const PREFIXES = { persistent: "_mailbox:", transient: "_mailbox.transient:" } as const;

export class Mailboxes {
  constructor(readonly queues: Queues) {}

  /** The mailbox of that name, made if it is not there; undefined when it is no mailbox's name. @throws Refusal LIMIT_REACHED */
  open(name: string): BrokerQueue | undefined {
    const prefix = prefixOf(name);
    if (prefix === undefined) return undefined;
    checkIdent(name, prefix);
    return this.queues.find(name) ?? this.queues.make(mailboxOptions(name, prefix === PREFIXES.transient));
  }

  /** Makes sure that whoever consumes a mailbox is its owner. @throws Refusal RESERVED_IDENTIFIER */
  checkOwner(name: string, ident: string): void {
    const prefix = prefixOf(name);
    if (prefix === undefined || (ident !== "" && name === prefix + escapeIdent(ident))) return;
    const caller = ident === "" ? "a caller without an ident" : `"${ident}"`;
    throw new Refusal("RESERVED_IDENTIFIER", `the mailbox "${name}" is not for ${caller}; connect with its ident`);
  }

  /** Nobody consumes it any more: an empty mailbox need not stand. */
  async left(queue: BrokerQueue): Promise<void> {
    const { ready, delayed, leased } = queue.stats();
    const unused = queue.consumers === 0 && ready + delayed + leased === 0;
    if (unused && this.isMailbox(queue.name) && this.queues.find(queue.name) === queue)
      await this.queues.delete(queue.name);
  }

  isMailbox(name: string): boolean {
    return prefixOf(name) !== undefined;
  }
}

function prefixOf(name: string): string | undefined {
  return Object.values(PREFIXES).find((prefix) => name.startsWith(prefix) && name.length > prefix.length);
}

/** @throws Refusal INVALID_IDENTIFIER for what is nobody's mailbox */
function checkIdent(name: string, prefix: string): void {
  if (/^[ -9;-?A-~]+$/.test(name.slice(prefix.length)) && !name.includes("*")) return;
  const said = JSON.stringify(name);
  throw new Refusal(
    "INVALID_IDENTIFIER",
    `${said} is nobody's mailbox: an ident is printable ASCII, with %, :, @ and * percent-escaped`,
  );
}

/** An ident as the action of an identifier. */
function escapeIdent(ident: string): string {
  return ident.replace(/[%:@*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
