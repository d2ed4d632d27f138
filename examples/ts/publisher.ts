// Publishes a log line and three tasks, and says whom the line reached.
import { connect } from "berrymq";

await using mq = await connect(process.env.BERRYMQ_URL ?? "localhost:7201");
const heard = await mq.publish("ts:log", "three tasks are coming");
console.log(`${heard.followers} followers heard the log line`);
await mq.publishMany([1, 2, 3].map((number) => ["task:pick", number]));
console.log("the tasks are published");
