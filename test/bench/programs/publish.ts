// Publishes `bench:message` as fast as the follower takes it, or at a steady rate.
import { connect, type Message } from "berrymq";

const PIECE = 512;
const url = process.argv[2]!;
const [count, window, rate] = process.argv.slice(3).map(Number) as [number, number, number];
let progress = 0;
let moved: () => void = () => {};

const mq = await connect(url);
mq.followingFunction("bench:progress", (message: Message) => {
  progress = Number(message.args[0]);
  moved();
});
await mq.flush();

async function flood(): Promise<void> {
  const payload = new Uint8Array(128);
  let last: Promise<unknown> | undefined;
  for (let sent = 0; sent < count; sent += PIECE) {
    while (sent - progress >= window) await new Promise<void>((resolve) => (moved = resolve));
    const piece = Array.from({ length: Math.min(PIECE, count - sent) }, () => ["bench:message", payload] as const);
    last = mq.publishMany(piece);
  }
  await last;
}

async function drip(): Promise<void> {
  const start = performance.now();
  for (let index = 0; index < count; index++) {
    const wait = start + (index * 1000) / rate - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const payload = new Uint8Array(128);
    new DataView(payload.buffer).setBigInt64(0, process.hrtime.bigint(), true);
    void mq.publish("bench:message", payload);
  }
}

await (rate > 0 ? drip() : flood());
await mq.close();
