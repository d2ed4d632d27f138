// Prints every message to `*:log`, from any program in any language, until it is told to end.
import { connect, followingFunction, run } from "berrymq";

followingFunction("*:log", ({ sender, id, args }) => console.log(sender, id, ...args));
const mq = await connect(process.env.BERRYMQ_URL ?? "localhost:7201");
await mq.flush();
console.log("following *:log");
await run();
