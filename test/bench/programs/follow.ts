// Follows `bench:message` and tells, as one line of JSON, how fast the messages came or how old they were.
import { connect, type Message } from "berrymq";

const [url, countText, everyText] = process.argv.slice(2) as [string, string, string];
const count = Number(countText);
const progressEvery = Number(everyText);
const ages: number[] = [];
let received = 0;
let first = 0;

const mq = await connect(url);
const done = new Promise<boolean>((resolve) => {
  setTimeout(() => resolve(false), 120_000).unref();
  mq.followingFunction("bench:message", (message: Message) => {
    if (received === 0) first = performance.now();
    received++;
    const { buffer, byteOffset } = message.payload;
    const sent = new DataView(buffer, byteOffset).getBigInt64(0, true);
    if (sent > 0n) ages.push(Number(process.hrtime.bigint() - sent));
    if (received % progressEvery === 0) void mq.publish("bench:progress", received);
    if (received === count) resolve(true);
  });
});
await mq.flush();
console.log("ready");
const complete = await done;
const seconds = (performance.now() - first) / 1000;
console.log(JSON.stringify({ received, complete, seconds, ages }));
await mq.close();
