// Holds publishes, bounded, from when they are handed over until the gateway has answered: as encoded batches, each
// numbered, and as runs of messages whose publishers wait.
import { Buffer } from "./bytes.js";
import type { Envelope } from "./envelope.js";
import { BacklogFull, MessageTooLarge } from "./errors.js";
import { Fifo } from "./fifo.js";
import type { Tally } from "./receipt.js";
import type { PublishStream, Settled } from "./transports/transport.js";
import { varintWidth, WireWriter } from "./wire/writer.js";

/** A batch leaves when it holds so many, or before it would hold more bytes. */
const BATCH_MESSAGES = 512;
const BATCH_BYTES = 256 * 1024;
/** Bytes of one encoded message at most. */
export const MESSAGE_BYTES = 4 * 1024 * 1024;
/** Batches on their way into the connection at once: enough to keep it busy. */
const UNDER_WAY = 4;
/** Buffers kept for batches to come; filled ones are handed over whole, so that nothing is copied. */
const CAPACITY = 160 * 1024;
const SPARES = 16;

/** Before a batch: tag 1 and its length. After it: the sequence number and the mark of a resent one. */
const HEAD = 8;
const TAIL = 16;
const BATCH_TAG = 0x0a;
const SEQUENCE_TAG = 0x10;
const RESENT_TAG = 0x18;
/** `Batch.messages`. */
const MESSAGE_TAG = 0x0a;

/** Messages, encoded at `HEAD … end` of a buffer that has room for what frames them. */
interface Batch {
  readonly buffer: Buffer;
  readonly end: number;
  readonly count: number;
  first: number;
  resent: boolean;
}

/** Neighbouring messages of one publish. */
interface Run {
  first: number;
  count: number;
  readonly tally: Tally;
}

/** How much may be held. */
export interface Bounds {
  readonly messages: number;
  readonly bytes: number;
}

export class Outbox {
  private writer = new WireWriter(Buffer.allocUnsafeSlow(CAPACITY), HEAD);
  private openCount = 0;
  private readonly spares: Buffer[] = [];
  private unsent = new Fifo<Batch>();
  private readonly sent = new Fifo<Batch>();
  private readonly runs = new Fifo<Run>();
  private next = 1;
  private heldBytes = 0;
  private heldMessages = 0;
  private stream: PublishStream | undefined;
  private underWay = 0;
  /** For how many things sending waits. */
  private holds = 0;
  private readonly roomWaiters: (() => void)[] = [];
  private readonly emptyWaiters: (() => void)[] = [];
  private readonly sentWaiters: (() => void)[] = [];

  constructor(private readonly bounds: Bounds) {}

  /** Messages that wait for an answer. */
  get held(): number {
    return this.heldMessages;
  }

  /**
   * Takes a message in; `tally` hears what becomes of it.
   *
   * @throws BacklogFull, MessageTooLarge, NotEncodable
   */
  append(message: Envelope, tally: Tally): void {
    if (this.full) throw this.backlogFull();
    this.encode(message);
    this.count(tally);
    if (this.openCount >= BATCH_MESSAGES || this.writer.at - HEAD >= BATCH_BYTES) this.seal();
    if (this.underWay < UNDER_WAY) this.pump();
  }

  /** Undefined when a publisher of many may go on; otherwise a promise of the moment when it may. */
  room(): Promise<void> | undefined {
    const ahead = this.stream !== undefined && this.unsent.length > UNDER_WAY;
    if (!ahead && !(this.full && this.stream !== undefined)) return undefined;
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  /** Resolves when nothing waits for an answer. */
  emptied(): Promise<void> {
    if (this.heldMessages === 0) return Promise.resolve();
    return new Promise((resolve) => this.emptyWaiters.push(resolve));
  }

  /** Resolves when everything that was sent is answered; for a connection that takes nothing more. */
  sentAnswered(): Promise<void> {
    if (this.sent.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.sentWaiters.push(resolve));
  }

  /** Sends from now on: first again what was sent and not answered, marked as resent, then the rest. */
  attach(stream: PublishStream): void {
    const all = new Fifo<Batch>();
    for (const batch of this.sent) all.push(Object.assign(batch, { resent: true }));
    for (const batch of this.unsent) all.push(batch);
    this.sent.clear();
    this.unsent = all;
    this.stream = stream;
    this.underWay = 0;
    this.pump();
  }

  /** Sends nothing until that has settled; what is taken in meanwhile goes then, in order. */
  hold(until: Promise<unknown>): void {
    this.holds++;
    const over = () => {
      this.holds--;
      this.pump();
    };
    until.then(over, over);
  }

  /** Sends nothing more until it is attached again. */
  detach(): void {
    this.stream = undefined;
    wake(this.roomWaiters);
  }

  /** Takes the gateway's answers. */
  settle({ through, accepted, refused }: Settled): void {
    this.overlap(accepted, (tally, count, run) => tally.reached(count * run.followers, count * run.queues));
    this.overlap(refused, (tally, _count, run) => tally.refuse(run.error));
    while (this.sent.length > 0 && lastOf(this.sent.peek()!) <= through) this.recycle(this.sent.shift()!);
    this.finish(through);
  }

  /**
   * Gives up what was sent and not answered, since the gateway ended the stream over it. What is left is numbered from 1,
   * for a new session.
   */
  refuseSent(error: unknown): void {
    const batch = this.unsent.peek();
    const through = (batch?.first ?? this.next - this.openCount) - 1;
    this.overlap([{ first: 1, count: through }], (tally) => tally.refuse(error));
    while (this.sent.length > 0) this.recycle(this.sent.shift()!);
    this.finish(through);
    for (const each of this.unsent) each.first -= through;
    for (const each of this.runs) each.first -= through;
    this.next -= through;
  }

  /** Gives everything up. */
  abandon(error: unknown): void {
    this.detach();
    this.overlap([{ first: 1, count: this.next }], (tally) => tally.refuse(error));
    this.sent.clear();
    this.unsent.clear();
    this.writer.at = HEAD;
    this.openCount = 0;
    this.heldBytes = 0;
    this.finish(this.next);
  }

  private get full(): boolean {
    return this.heldMessages >= this.bounds.messages || this.heldBytes >= this.bounds.bytes;
  }

  private backlogFull(): BacklogFull {
    const { messages, bytes } = this.bounds;
    return new BacklogFull(
      `${this.heldMessages} messages (${this.heldBytes} bytes) wait for the gateway, of at most ${messages} (${bytes} bytes): ` +
        "await what was published, or connect with a larger maxHeld or maxHeldBytes",
    );
  }

  private encode(message: Envelope): void {
    if (this.openCount > 0 && this.writer.at + message.payload.length > HEAD + BATCH_BYTES) this.seal();
    const before = this.writer.at;
    this.writer.message(MESSAGE_TAG, message);
    const size = this.writer.at - before;
    if (size > MESSAGE_BYTES) {
      this.writer.at = before;
      throw new MessageTooLarge(
        `the message to ${message.identifier.text} is ${size} bytes encoded, of at most ${MESSAGE_BYTES}: ` +
          "keep large things in a store and publish where they are",
      );
    }
    this.heldBytes += size;
  }

  private count(tally: Tally): void {
    this.openCount++;
    this.heldMessages++;
    tally.expect(1);
    const first = this.next++;
    const last = this.runs.recent(0);
    if (last?.tally === tally && this.runs.length > 0) last.count++;
    else this.runs.push({ first, count: 1, tally });
  }

  /** Closes the open batch. One that fills its buffer badly is copied out, so that held batches cost what they hold. */
  private seal(): void {
    const { buffer, at } = this.writer;
    const whole = at * 2 >= buffer.length && buffer.length - at >= TAIL;
    const own = whole ? buffer : Buffer.allocUnsafe(at + TAIL);
    if (!whole) buffer.copy(own, HEAD, HEAD, at);
    else this.writer.buffer = this.spares.pop() ?? Buffer.allocUnsafeSlow(CAPACITY);
    this.writer.at = HEAD;
    this.unsent.push({ buffer: own, end: at, count: this.openCount, first: this.next - this.openCount, resent: false });
    this.openCount = 0;
  }

  /** Sends whole batches while the connection takes them, and what is gathered so far when nothing else is under way. */
  private pump(): void {
    const { stream } = this;
    if (stream === undefined || this.holds > 0) return;
    while (this.underWay < UNDER_WAY) {
      if (this.unsent.length === 0 && this.openCount > 0 && this.underWay === 0) this.seal();
      const batch = this.unsent.shift();
      if (batch === undefined) return;
      this.sent.push(batch);
      this.underWay++;
      stream.write(frameOf(batch), () => this.written(stream));
    }
  }

  private written(stream: PublishStream): void {
    if (stream !== this.stream) return;
    this.underWay--;
    this.pump();
    if (this.unsent.length <= UNDER_WAY && !this.full) wake(this.roomWaiters);
  }

  private recycle(batch: Batch): void {
    this.heldBytes -= batch.end - HEAD;
    if (batch.buffer.length === CAPACITY && this.spares.length < SPARES) this.spares.push(batch.buffer);
  }

  /** Calls back with each publish that a run of the gateway's overlaps, and in how many messages. Both are in order. */
  private overlap<R extends { readonly first: number; readonly count: number }>(
    ranges: readonly R[],
    each: (tally: Tally, count: number, range: R) => void,
  ): void {
    let index = 0;
    for (const range of ranges) {
      const end = range.first + range.count;
      for (let run = this.runs.at(index); run !== undefined && run.first < end; run = this.runs.at(++index)) {
        const count = Math.min(end, run.first + run.count) - Math.max(range.first, run.first);
        if (count > 0) each(run.tally, count, range);
        if (run.first + run.count > end) break;
      }
    }
  }

  private finish(through: number): void {
    for (let run = this.runs.peek(); run !== undefined && run.first <= through; run = this.runs.peek()) {
      const count = Math.min(run.count, through - run.first + 1);
      this.heldMessages -= count;
      run.first += count;
      run.count -= count;
      const { tally } = run;
      if (run.count === 0) this.runs.shift();
      tally.settle(count);
      if (run.count > 0) break;
    }
    if (this.heldMessages === 0) wake(this.emptyWaiters);
    if (this.sent.length === 0) wake(this.sentWaiters);
    if (!this.full && this.unsent.length <= UNDER_WAY) wake(this.roomWaiters);
  }
}

function wake(waiters: (() => void)[]): void {
  for (const resolve of waiters.splice(0)) resolve();
}

function lastOf(batch: Batch): number {
  return batch.first + batch.count - 1;
}

/** The batch as an encoded PublishBatchesRequest, framed in its own buffer. */
function frameOf(batch: Batch): Buffer {
  const length = batch.end - HEAD;
  const start = HEAD - 1 - varintWidth(length);
  const writer = new WireWriter(batch.buffer, start);
  batch.buffer[writer.at++] = BATCH_TAG;
  writer.varint(length);
  writer.at = batch.end;
  batch.buffer[writer.at++] = SEQUENCE_TAG;
  writer.varint(batch.first);
  if (batch.resent) {
    batch.buffer[writer.at++] = RESENT_TAG;
    writer.varint(1);
  }
  return batch.buffer.subarray(start, writer.at);
}
