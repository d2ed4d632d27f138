// The TypeScript end of the bench: `peer.mjs publish|follow URL COUNT`; says one line of JSON when it is done.
import { once } from "node:events";
import { connect, Message } from "berrymq";

const [role, url, count] = process.argv.slice(2);
const payload = new Uint8Array(128);
const window = 20_000;
const mq = await connect(url);

async function publish() {
  await once(process.stdin, "data");
  process.stdin.destroy();
  const started = performance.now();
  for (let sent = 0; sent < Number(count); sent += window) {
    await mq.publishMany(Array.from({ length: window }, () => new Message("bench:run", payload)));
  }
  await mq.publish("bench:end");
  console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000 }));
}

async function follow() {
  let heard = 0;
  let first = 0;
  await new Promise((settle) => {
    mq.followingFunction("bench:*", (message) => {
      if (message.action === "end") return void settle();
      if (heard++ === 0) first = performance.now();
    });
    mq.flush().then(() => console.log("ready"));
  });
  console.log(JSON.stringify({ seconds: (performance.now() - first) / 1000, messages: heard }));
}

await (role === "publish" ? publish() : follow());
await mq.close();
