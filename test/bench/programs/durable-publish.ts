// Publishes numbered payloads, a bounded number of them unanswered, and tells from when to when, in nanoseconds.
import { type RivalName, rivals } from "../rivals/all.ts";
import { PIECE, PIECES_UNANSWERED } from "../rivals/rival.ts";

const PAYLOAD_BYTES = 128;

const [name, url, countText] = process.argv.slice(2) as [RivalName, string, string];
const count = Number(countText);
const client = await rivals[name].open(url);
const unanswered: Promise<void>[] = [];

const start = process.hrtime.bigint();
for (let first = 0; first < count; first += PIECE) {
  if (unanswered.length >= PIECES_UNANSWERED) await unanswered.shift();
  unanswered.push(client.publish(payloads(first, Math.min(PIECE, count - first))));
}
await Promise.all(unanswered);
console.log(JSON.stringify({ start: `${start}`, end: `${process.hrtime.bigint()}` }));
await client.close();

function payloads(first: number, size: number): Uint8Array[] {
  return Array.from({ length: size }, (_, index) => {
    const payload = Buffer.alloc(PAYLOAD_BYTES);
    payload.writeUInt32LE(first + index);
    return payload;
  });
}
