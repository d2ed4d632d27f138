// Consumes numbered payloads until every one came, acknowledges each, and tells from when to when, in nanoseconds, and what the broker has left.
import { type RivalName, rivals } from "../rivals/all.ts";

const [name, url, countText] = process.argv.slice(2) as [RivalName, string, string];
const count = Number(countText);
const client = await rivals[name].open(url);
const seen = new Uint8Array(count);
let distinct = 0;
let again = 0;

console.log("ready");
const start = process.hrtime.bigint();
await client.consume(take);
const end = process.hrtime.bigint();
console.log(JSON.stringify({ start: `${start}`, end: `${end}`, distinct, again, left: await client.left() }));
await client.close();

function take(payload: Uint8Array): boolean {
  const number = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
  if (seen[number] === 1) again++;
  else distinct++;
  seen[number] = 1;
  return distinct === count;
}
