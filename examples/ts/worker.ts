// Takes tasks from a queue that all workers share, in any language, and acknowledges each when it is done.
import { connect } from "berrymq";

const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());

await using mq = await connect(process.env.BERRYMQ_URL ?? "localhost:7201");
const tasks = await mq.queue("task:*", { shared: true });
console.log("waiting for task:*");
for await (const delivery of tasks.consume({ signal: interrupted.signal })) {
  console.log(delivery.message.id, ...delivery.message.args);
  await delivery.ack();
}
