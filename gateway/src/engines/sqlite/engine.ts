// The engine that keeps everything in one SQLite file: row per message, write-ahead log, one transaction for each turn of the event loop.
import { randomBytes } from "node:crypto";
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import type { Limits } from "../../limits.js";
import { Refusal } from "../../model/errors.js";
import type { QueueOptions } from "../../model/queue-options.js";
import type { Log } from "../../telemetry/log.js";
import type {
  Append,
  Capabilities,
  Claim,
  Engine,
  Kept,
  KeptQueue,
  Lapsed,
  Progress,
  QueueStats,
  Settled,
  Shown,
  Verdict,
} from "../engine.js";
import { codeOf, openFile, SQLITE_FULL, type Synchronous } from "./file.js";
import { Places } from "./places.js";
import { release } from "./pragma.js";
import { Reserve } from "./reserve.js";
import { createMessages } from "./schema.js";
import { SessionProgress } from "./session-progress.js";
import { SqliteQueue, type Written } from "./sqlite-queue.js";
import { Table } from "./table.js";
import { Transactions } from "./transactions.js";
import { Vacuum } from "./vacuum.js";

export interface SqliteSettings {
  readonly directory: string;
  readonly synchronous: Synchronous;
  readonly settledLeases: Limits["settledLeases"];
  /** Bytes kept back for settling on a full disk; absent = as many as suit the file. */
  readonly reserve?: number;
}

interface QueueRow {
  readonly id: number;
  readonly name: string;
  readonly incarnation: string;
  readonly options: string;
  /** As PAUSED and PUSHING_PAUSED add up. */
  readonly paused: number;
  readonly next_place: number;
}

const PAUSED = 1;
const PUSHING_PAUSED = 2;

export class SqliteEngine implements Engine {
  readonly capabilities: Capabilities = { name: "sqlite", durable: true, shared: false };
  #db: DatabaseSyncInstance | undefined;
  #transactions!: Transactions;
  #progress!: SessionProgress;
  #reserve!: Reserve;
  #vacuum!: Vacuum;
  readonly #queues = new Map<string, SqliteQueue>();
  /** Names this opening of the file in leases. */
  readonly #opening = randomBytes(4).toString("hex");

  constructor(
    readonly settings: SqliteSettings,
    readonly log: Log,
  ) {}

  get full(): boolean {
    return this.#reserve.full;
  }

  async open(): Promise<Kept> {
    const { directory, synchronous, reserve } = this.settings;
    const db = openFile(directory, synchronous, this.log);
    this.#db = db;
    this.#reserve = new Reserve(directory, this.log, reserve);
    this.#vacuum = new Vacuum(db, (error) => this.#failed(error));
    this.#transactions = new Transactions(
      db,
      (error) => this.#explain(error),
      () => this.#vacuum.committed(),
    );
    const rows = db
      .prepare("SELECT id, name, incarnation, options, paused, next_place FROM queues")
      .all() as unknown as QueueRow[];
    const queues = rows.map((row) => this.#takeUp(db, row));
    this.#progress = new SessionProgress(db);
    return { queues, progress: this.#progress.recent() };
  }

  putQueue(options: QueueOptions, paused: boolean, pushingPaused = false): Promise<void> {
    const db = this.#file();
    const json = JSON.stringify(options);
    const pauses = (paused ? PAUSED : 0) + (pushingPaused ? PUSHING_PAUSED : 0);
    let made = false;
    const work = () => {
      if (this.#queues.has(options.name)) {
        db.prepare("UPDATE queues SET options = ?, paused = ? WHERE name = ?").run(json, pauses, options.name);
        return;
      }
      const incarnation = randomBytes(5).toString("hex");
      const insert = db.prepare("INSERT INTO queues (name, incarnation, options, paused) VALUES (?, ?, ?, ?)");
      const id = Number(insert.run(options.name, incarnation, json, pauses).lastInsertRowid);
      createMessages(db, id);
      this.#add(db, { name: options.name, id, incarnation, next_place: 0 });
      made = true;
    };
    return this.#transactions.write(work, undefined, () => made && this.#queues.delete(options.name));
  }

  async deleteQueue(name: string): Promise<void> {
    const db = this.#file();
    const queue = this.#queue(name);
    this.#queues.delete(name);
    const work = () => {
      db.exec(`DROP TABLE ${queue.table.name}`);
      db.prepare("DELETE FROM queues WHERE name = ?").run(name);
    };
    await this.#transactions.write(work, undefined, () => this.#queues.set(name, queue));
  }

  async append(entries: readonly Append[], progress?: Progress): Promise<void> {
    const queues = entries.map(({ queue }) => this.#queue(queue));
    const appended: Written[] = [];
    await this.#transactions.write(
      () => {
        entries.forEach((entry, index) => appended.push(queues[index]!.append(entry)));
        if (progress !== undefined) this.#progress.note(progress);
      },
      () => appended.forEach(({ apply }) => apply()),
      () => appended.toReversed().forEach(({ undo }) => undo()),
    );
  }

  async claim(queue: string, max: number, now: number, until?: number): Promise<Claim[]> {
    return this.#queue(queue).claim(max, now, until);
  }

  async held(queue: string, leases: readonly string[], now: number): Promise<(Claim | undefined)[]> {
    return leases.map((lease) => this.#queue(queue).held(lease, now));
  }

  async settle(queue: string, verdicts: readonly Verdict[], now: number): Promise<Settled[]> {
    const from = this.#queue(queue);
    for (const verdict of verdicts) if (verdict.kind === "move") this.#queue(verdict.queue);
    const settled: Settled[] = [];
    const moved: Written[] = [];
    const undos: (() => void)[] = [];
    const settlements = {
      move: (append: Append) => void moved.push(this.#queue(append.queue).append(append)),
      onUndo: (undo: () => void) => void undos.push(undo),
    };
    await this.#transactions.write(
      () => {
        for (const verdict of verdicts) settled.push(from.settle(verdict, now, settlements));
      },
      () => moved.forEach(({ apply }) => apply()),
      () => [...moved.toReversed().map(({ undo }) => undo), ...undos].forEach((undo) => undo()),
    );
    return settled;
  }

  async extend(queue: string, leases: readonly string[], now: number, until: number): Promise<boolean[]> {
    return leases.map((lease) => this.#queue(queue).extend(lease, now, until));
  }

  async lapsed(queue: string, now: number): Promise<Lapsed> {
    return this.#queue(queue).lapsed(now);
  }

  dropOldest(queue: string, max: number): Buffer[] {
    return this.#queue(queue).dropOldest(max);
  }

  async peek(queue: string, max: number, now: number): Promise<Shown[]> {
    return this.#queue(queue).peek(max, now);
  }

  async purge(queue: string, numbers?: readonly number[]): Promise<number> {
    return this.#queue(queue).purge(numbers);
  }

  stats(queue: string, now: number): QueueStats {
    return this.#queue(queue).stats(now);
  }

  async close(): Promise<void> {
    const db = this.#db;
    if (db === undefined) return;
    this.#db = undefined;
    this.#transactions.commit();
    this.#vacuum.close();
    this.#queues.clear();
    release(db);
  }

  #takeUp(db: DatabaseSyncInstance, row: QueueRow): KeptQueue {
    const { table } = this.#add(db, row);
    return {
      options: JSON.parse(row.options) as QueueOptions,
      paused: (row.paused & PAUSED) !== 0,
      pushingPaused: (row.paused & PUSHING_PAUSED) !== 0,
      recent: table.youngest(),
    };
  }

  #add(db: DatabaseSyncInstance, row: Omit<QueueRow, "options" | "paused">): SqliteQueue {
    const { name, id, incarnation } = row;
    const table = new Table(db, `messages_${id}`);
    const life = `${incarnation}.${this.#opening}`;
    const next = Math.max(row.next_place, table.totals().nextPlace);
    const places = new Places(db, id, this.#transactions, next);
    const queue = new SqliteQueue(table, places, this.#transactions, life, this.settings.settledLeases);
    this.#queues.set(name, queue);
    return queue;
  }

  #queue(name: string): SqliteQueue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new Error(`no queue ${JSON.stringify(name)} in the file`);
    return queue;
  }

  #file(): DatabaseSyncInstance {
    if (this.#db === undefined) throw new Error("the file is not open");
    return this.#db;
  }

  /** What could not be written at all; on a full disk that is told once. */
  #failed(error: unknown): void {
    if (codeOf(error) === SQLITE_FULL) this.#reserve.spend();
    else this.log.error({ err: error }, "a transaction failed and was rolled back");
  }

  #explain(error: unknown): Error {
    this.#failed(error);
    const why = error instanceof Error ? error.message : String(error);
    return new Refusal("STORAGE_FAILED", `the change could not be stored: ${why}`);
  }
}
