// NATS JetStream: a stream in files and a durable pull consumer with explicit acknowledgements.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AckPolicy, type JetStreamClient, jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { until } from "../../support/until.ts";
import { packageVersion, serve, tools, versionOf } from "./process.ts";
import { type Client, type Rival, UNACKNOWLEDGED } from "./rival.ts";

const STREAM = "bench";
const SUBJECT = "bench.message";
const ACK_WAIT_NANOSECONDS = 60e9;
/** Milliseconds; the usual five seconds are too few for thousands that wait for one disk. */
const ANSWER_WITHIN = 60_000;

export interface Settings {
  /** When files are synced: the server's default is `2m`, `always` means before each answer. */
  readonly syncInterval: "2m" | "always";
  /** `each` = every message is answered for itself; `batch` = a piece is an atomic batch, which is answered once. */
  readonly publishing: "each" | "batch";
}

export function jetStream({ syncInterval, publishing }: Settings): Rival {
  return {
    title: `JetStream, files, sync_interval ${syncInterval}, ${publishing === "each" ? "each message" : "batches"} answered`,
    version: () => {
      const server = versionOf(command());
      return server && `${server}, ${packageVersion("@nats-io/jetstream")}`;
    },
    start: (directory) => {
      const file = join(directory, "nats.conf");
      writeFileSync(file, `jetstream { store_dir: ${JSON.stringify(directory)}, sync_interval: ${syncInterval} }\n`);
      return serve(command(), (port) => ["-c", file, "-a", "127.0.0.1", "-p", `${port}`]);
    },
    open: (url) => open(url, publishing),
  };
}

/** The one that set-up built, or else the machine's. */
function command(): string {
  const built = join(tools, "nats-server");
  return versionOf(built) === undefined ? "nats-server" : built;
}

async function open(url: string, publishing: Settings["publishing"]): Promise<Client> {
  const connection = await connect({ servers: url });
  const stream = jetstream(connection, { timeout: ANSWER_WITHIN });
  const unacknowledged = async () => {
    const { num_pending, num_ack_pending } = await (await stream.consumers.get(STREAM, STREAM)).info();
    return num_pending + num_ack_pending;
  };
  return {
    prepare: async () => {
      const manager = await jetstreamManager(connection);
      await manager.streams.add({ name: STREAM, subjects: [SUBJECT], storage: StorageType.File, allow_atomic: true });
      await manager.consumers.add(STREAM, {
        durable_name: STREAM,
        ack_policy: AckPolicy.Explicit,
        ack_wait: ACK_WAIT_NANOSECONDS,
        max_ack_pending: UNACKNOWLEDGED,
      });
    },
    publish: async (payloads) => {
      if (publishing === "batch") await publishBatch(stream, payloads);
      else await Promise.all(payloads.map((payload) => stream.publish(SUBJECT, payload)));
    },
    consume: async (take) => {
      const consumer = await stream.consumers.get(STREAM, STREAM);
      for await (const message of await consumer.consume({ max_messages: UNACKNOWLEDGED })) {
        message.ack();
        if (take(message.data)) break;
      }
      await connection.flush();
      await until("JetStream took note of every acknowledgement", async () => (await unacknowledged()) === 0);
    },
    left: unacknowledged,
    close: () => connection.close(),
  };
}

async function publishBatch(stream: JetStreamClient, payloads: Uint8Array[]): Promise<void> {
  const batch = await stream.startBatch(SUBJECT, payloads[0]);
  for (const payload of payloads.slice(1, -1)) batch.add(SUBJECT, payload);
  await batch.commit(SUBJECT, payloads.at(-1));
}
