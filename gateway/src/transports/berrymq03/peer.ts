// A program that is called back with every message: it follows everything, like any follower in a bounded buffer, and hears it in order, one
// call at a time, at most once.
import { Batch, type Message } from "../../gen/berrymq/v1/message.js";
import { MAX_HOPS } from "../../limits.js";
import { type Clock, SECOND } from "../../model/clock.js";
import { readIdentifier } from "../../model/identifier.js";
import type { FollowStream } from "../../service/follower.js";
import type { Log } from "../../telemetry/log.js";
import { writeJson } from "../json/text.js";
import { type Answer, post } from "./callback.js";
import { fromMessage } from "./message.js";
import type { Seen } from "./seen.js";
import type { Target } from "./targets.js";

export interface PeerContext {
  readonly stream: FollowStream;
  readonly target: Target;
  readonly token: string;
  readonly seen: Seen;
  readonly clock: Clock;
  readonly log: Log;
  /** It answered. */
  heard(): void;
  /** It knows the token no more. */
  gone(): void;
}

/** Every message of the default namespace; no pattern crosses namespaces. */
const EVERYTHING = "*:*";
const FIRST_PAUSE = SECOND / 10;
const LONGEST_PAUSE = 30 * SECOND;

export class Peer {
  readonly #ended = new AbortController();
  #calling = false;
  #failures = 0;

  constructor(readonly context: PeerContext) {
    const { stream, target } = context;
    const source = `berryMQ 0.3 at ${target.host}:${target.port}`;
    const add = [{ pattern: EVERYTHING, answers: false, source }];
    stream.apply({ add, remove: [], credit: undefined, revision: 0n, acknowledge: [] });
    stream.onReady = () => void this.#run();
  }

  /** Calls no more. */
  end(): void {
    this.#ended.abort();
    this.context.stream.close();
  }

  async #run(): Promise<void> {
    if (this.#calling) return;
    this.#calling = true;
    try {
      for (let entries = this.#take(); entries !== undefined; entries = this.#take()) {
        for (const message of Batch.decode(Buffer.concat(entries)).messages) await this.#tell(message);
      }
    } catch (error) {
      this.context.log.error({ err: error, ...this.#who }, "calling a berryMQ 0.3 program back failed");
    } finally {
      this.#calling = false;
    }
  }

  /** One run at a time, so that what waits stays in the follower's bounded buffer. */
  #take(): Buffer[] | undefined {
    return this.#ended.signal.aborted ? undefined : this.context.stream.take(1);
  }

  /** A call that surely did not arrive is made again, for as long as the connection stands and the message has worth. */
  async #tell(message: Message): Promise<void> {
    if (readIdentifier(message.identifier).local || message.hops >= MAX_HOPS) return;
    const { id, hops } = message;
    const headers = { "berrymq-id": encodeURIComponent(id), "berrymq-hops": `${hops}` };
    const body = this.#call(message);
    this.context.seen.add(id);
    while (!this.#ended.signal.aborted && !this.#isExpired(message)) {
      const answer = await post(this.context.target, body, headers, this.#ended.signal);
      if (this.#ended.signal.aborted) return;
      await this.#judge(message, answer);
      if (answer.kind !== "unreachable") return;
    }
  }

  #call(message: Message): Buffer {
    const { identifier, args, kwargs } = fromMessage(message);
    const params = [this.context.token, identifier, args, kwargs];
    return Buffer.from(writeJson({ id: null, method: "send_message", params }));
  }

  async #judge(message: Message, answer: Answer): Promise<void> {
    const { log, heard, gone } = this.context;
    if (answer.kind === "result") {
      this.#failures = 0;
      if (answer.result === "invalid token" || answer.result === "timeout") {
        log.info({ ...this.#who, answer: answer.result }, "a berryMQ 0.3 program knows its token no more");
        return gone();
      }
      heard();
      if (message.requireAck) this.#acknowledge(message.id);
      return;
    }
    const { kind, why } = answer;
    log.warn({ ...this.#who, identifier: message.identifier, kind, why }, "a berryMQ 0.3 program did not take a call");
    if (kind !== "refused") await this.#pause();
  }

  #acknowledge(id: string): void {
    this.context.stream.apply({ add: [], remove: [], credit: undefined, revision: 0n, acknowledge: [id] });
  }

  #isExpired({ expiresAt }: Message): boolean {
    return expiresAt !== 0n && Number(expiresAt) <= this.context.clock.wall();
  }

  /** Longer with each failure in a row; ended early by the end of the connection. */
  #pause(): Promise<void> {
    const { signal } = this.#ended;
    const longest = Math.min(FIRST_PAUSE * 2 ** this.#failures++, LONGEST_PAUSE);
    return new Promise((resolve) => {
      const timer = this.context.clock.after(longest * (0.5 + Math.random() / 2), finish);
      function finish(): void {
        timer.cancel();
        signal.removeEventListener("abort", finish);
        resolve();
      }
      signal.addEventListener("abort", finish);
    });
  }

  get #who() {
    const { host, port } = this.context.target;
    return { peer: `${host}:${port}` };
  }
}
