// Answers whoever asks `math:add`: what the function returns is the answer.
import { once } from "node:events";
import { connect } from "berrymq";

await using mq = await connect(process.env.BERRYMQ_URL ?? "localhost:7201");
const add = mq.followingFunction("math:add", (message) =>
  (message.args as number[]).reduce((sum, each) => sum + each, 0),
);
await mq.flush();
console.log("answering math:add");
await once(process, "SIGINT");
add.unfollow();
