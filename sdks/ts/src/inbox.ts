// Takes in what a gateway sends: reads each batch, drops what was heard before or came too late, and gives credit back.
import { type Message, nowMicros, received } from "./message.js";
import { RecentIds } from "./recent-ids.js";
import { MessageReader, type WireEnvelope } from "./wire/reader.js";

/** Bytes that the gateway may send before handlers have been called. */
export const CREDIT = 4 * 1024 * 1024;
/** Credit goes back in portions of this size, so that it costs a request for many batches. */
const PORTION = CREDIT / 8;

/** Who hears what comes in. */
export interface Hearer {
  receive(message: Message): void;
  /** All messages of a batch of so many bytes were handed to `receive`. */
  receivedBatch(bytes: number): void;
  /** Calls back once the handlers of everything received so far have been called. */
  whenDispatched(callback: () => void): void;
}

export class Inbox {
  private readonly reader = new MessageReader();
  private readonly recent = new RecentIds();
  private owed = 0;

  constructor(
    private readonly hearer: Hearer,
    private readonly giveBack: (credit: number) => void,
  ) {}

  /** A new connection counts its credit anew. */
  reset(): void {
    this.owed = 0;
  }

  /** @param cost what the batch took of the credit. @throws MalformedMessage */
  take(bytes: Buffer, start: number, end: number, cost: number): void {
    const now = nowMicros();
    this.reader.batch(bytes, start, end, (envelope) => {
      if (this.isNew(envelope) && (envelope.expiresAt === 0 || envelope.expiresAt > now)) {
        this.hearer.receive(received(envelope));
      }
    });
    this.hearer.receivedBatch(end - start);
    this.hearer.whenDispatched(() => this.dispatched(cost));
  }

  private isNew(envelope: WireEnvelope): boolean {
    // A later delivery of a `requireAck` message is meant to come again.
    if (envelope.resent && envelope.attempt === 0 && this.recent.has(envelope.idBytes)) return false;
    this.recent.remember(envelope.pinned, envelope.idStart, envelope.idEnd);
    return true;
  }

  private dispatched(bytes: number): void {
    this.owed += bytes;
    if (this.owed < PORTION) return;
    const { owed } = this;
    this.owed = 0;
    this.giveBack(owed);
  }
}
