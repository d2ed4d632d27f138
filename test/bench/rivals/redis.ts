// Redis Streams: XADD, a consumer group with XREADGROUP and XACK, and an append-only file.
import { createClient, RESP_TYPES } from "redis";
import { packageVersion, serve, versionOf } from "./process.ts";
import { type Client, PIECE, type Rival, UNACKNOWLEDGED } from "./rival.ts";

const STREAM = "bench";
const CONSUMER = "one";
/** Milliseconds that a read waits for the first message. */
const BLOCK = 1000;

interface Entry {
  readonly id: Buffer;
  readonly message: { readonly p: Buffer };
}

/** @param appendfsync when the file is synced: once a second, or always before an answer */
export function redis(appendfsync: "everysec" | "always"): Rival {
  return {
    title: `Redis Streams, appendfsync ${appendfsync}`,
    version: () => {
      const server = versionOf("redis-server")?.match(/v=(\S+)/)?.[1];
      return server && `redis-server ${server}, ${packageVersion("redis")}`;
    },
    start: (directory) => serve("redis-server", (port) => settings(directory, port, appendfsync)),
    open,
  };
}

function settings(directory: string, port: number, appendfsync: string): string[] {
  const given = { port, bind: "127.0.0.1", dir: directory, appendonly: "yes", appendfsync, save: "" };
  return Object.entries(given).flatMap(([name, value]) => [`--${name}`, `${value}`]);
}

async function open(url: string): Promise<Client> {
  const writer = createClient({ url: `redis://${url}` }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  await writer.connect();
  // A read waits at the server, and what came behind it on the same connection would wait, too.
  const reader = writer.duplicate();
  await reader.connect();
  return {
    prepare: async () => void (await writer.xGroupCreate(STREAM, STREAM, "$", { MKSTREAM: true })),
    publish: async (payloads) => {
      await Promise.all(payloads.map((payload) => writer.xAdd(STREAM, "*", { p: payload as Buffer })));
    },
    consume: async (take) => {
      const read = () => reader.xReadGroup(STREAM, CONSUMER, { key: STREAM, id: ">" }, { COUNT: PIECE, BLOCK });
      const acknowledging: Promise<unknown>[] = [];
      let next = read();
      for (let last = false; !last; ) {
        const entries: readonly Entry[] = (await next)?.[0]?.messages ?? [];
        next = read();
        for (const { message } of entries) last = take(message.p) || last;
        if (entries.length === 0) continue;
        const ids = entries.map(({ id }) => id);
        acknowledging.push(writer.xAck(STREAM, STREAM, ids));
        if (acknowledging.length >= UNACKNOWLEDGED / PIECE - 2) await acknowledging.shift();
      }
      // The read ahead finds nothing, and is broken off when this is closed.
      next.catch(() => {});
      await Promise.all(acknowledging);
    },
    left: async () => {
      const [group] = await writer.xInfoGroups(STREAM);
      return Number(group!.pending) + Number(group!.lag);
    },
    close: async () => {
      reader.destroy();
      await writer.close();
    },
  };
}
