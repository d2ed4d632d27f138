// What the rooms of the RestMQ door share: the queues, the open answers, what SSE consumers may get again.
import type { ServerResponse } from "node:http";
import type { Limits } from "../../limits.js";
import type { KeyedQueues } from "../../service/keyed-queues.js";
import type { Outlet } from "../../service/live-consumer.js";
import type { Log } from "../../telemetry/log.js";
import type { OpenStreams } from "../open-streams.js";
import { Trails } from "./trails.js";

export class Door {
  readonly trails = new Trails();

  constructor(
    readonly queues: KeyedQueues,
    readonly streams: OpenStreams,
    readonly limits: Limits,
    readonly log: Log,
  ) {}

  /** Has a drain wait for an answer. */
  watch(response: ServerResponse): void {
    const open = this.streams.add(() => {});
    response.once("close", () => open.close());
  }

  /** Given when the client left before it was answered. */
  signalOf(response: ServerResponse): AbortSignal {
    const controller = new AbortController();
    response.once("close", () => controller.abort());
    return controller.signal;
  }

  /** Writes a queue's messages to a connection until that closes; `end` ends it when the gateway is about to stop. */
  consume(queue: string, outlet: Outlet, end: () => void): { close(): void } {
    const consumer = this.queues.consume(queue, outlet);
    const open = this.streams.add(() => {
      consumer.close();
      end();
    });
    return {
      close: () => {
        consumer.close();
        open.close();
      },
    };
  }
}
