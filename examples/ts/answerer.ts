// Answers whoever asks `math:add`: what the function returns is the answer.
import { connect, followingFunction, run } from "berrymq";

followingFunction("math:add", (message) => (message.args as number[]).reduce((sum, each) => sum + each, 0));
const mq = await connect(process.env.BERRYMQ_URL ?? "localhost:7201");
await mq.flush();
console.log("answering math:add");
await run();
