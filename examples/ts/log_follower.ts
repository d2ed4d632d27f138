// Prints every message to `*:log`, from any program in any language.
import { connect } from "berrymq";

const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());

await using mq = await connect(process.env.BERRYMQ_URL ?? "localhost:7201");
const messages = mq.follow("*:log", { signal: interrupted.signal });
await mq.flush();
console.log("following *:log");
for await (const message of messages) console.log(message.sender, message.id, ...message.args);
