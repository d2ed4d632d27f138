// Keeps what a gateway follows for this process equal to what the process follows, change by change.
import { CREDIT } from "./inbox.js";
import type { FollowStream } from "./transports/transport.js";

/** Acknowledgements held while there is no connection; one that is forgotten only brings its message again. */
const ACKNOWLEDGED_AT_MOST = 10_000;

export class FollowSync {
  private stream: FollowStream | undefined;
  private told = new Map<string, boolean>();
  private revision = 0;
  private applied = 0;
  private scheduled = false;
  private acknowledged: string[] = [];
  private waiters: { revision: number; resolve: () => void }[] = [];

  /** @param wanted pattern → whether anybody of this process answers there. */
  constructor(private readonly wanted: () => Map<string, boolean>) {}

  /** Opens a new stream with everything. */
  attach(stream: FollowStream): void {
    this.stream = stream;
    this.told = new Map();
    this.send(CREDIT);
    this.sendAcknowledged();
  }

  detach(): void {
    this.stream = undefined;
  }

  /** Something is followed, or not any more. Changes of one turn travel together. */
  changed(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.send();
    });
  }

  give(credit: number): void {
    this.stream?.write({ add: [], remove: [], credit, revision: this.revision, acknowledge: [] });
  }

  /** Those of one turn travel together; without a stream the latest wait for the next one. */
  acknowledge(messageId: string): void {
    if (this.acknowledged.push(messageId) === 1) queueMicrotask(() => this.sendAcknowledged());
    else if (this.acknowledged.length > ACKNOWLEDGED_AT_MOST) this.acknowledged.shift();
  }

  confirm(revision: number): void {
    this.applied = Math.max(this.applied, revision);
    this.waiters = this.waiters.filter((each) => {
      if (each.revision > this.applied) return true;
      each.resolve();
      return false;
    });
  }

  /** Resolves when everything that is followed now is followed at the gateway. */
  async settled(): Promise<void> {
    if (this.scheduled) await Promise.resolve();
    if (this.stream !== undefined && this.applied >= this.revision) return;
    const revision = this.stream === undefined ? this.revision + 1 : this.revision;
    await new Promise<void>((resolve) => this.waiters.push({ revision, resolve }));
  }

  private sendAcknowledged(): void {
    if (this.stream === undefined || this.acknowledged.length === 0) return;
    const acknowledge = this.acknowledged;
    this.acknowledged = [];
    this.stream.write({ add: [], remove: [], credit: undefined, revision: this.revision, acknowledge });
  }

  private send(credit?: number): void {
    if (this.stream === undefined) return;
    const wanted = this.wanted();
    const add = [...wanted].filter(([pattern, answers]) => this.told.get(pattern) !== answers);
    const remove = [...this.told.keys()].filter((pattern) => !wanted.has(pattern));
    if (add.length === 0 && remove.length === 0 && credit === undefined) return;
    this.told = wanted;
    this.revision++;
    this.stream.write({
      add: add.map(([pattern, answers]) => ({ pattern, answers })),
      remove,
      credit,
      revision: this.revision,
      acknowledge: [],
    });
  }
}
