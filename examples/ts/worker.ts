// Takes tasks from the queue `tasks`, which all workers share, in any language; each is acknowledged when the function returns.
import { connect, followingFunction, run } from "berrymq";

followingFunction("task:*", ({ id, args }) => console.log(id, ...args), { queue: "tasks" });
await connect(process.env.BERRYMQ_URL ?? "localhost:7201");
console.log("waiting for task:*");
await run();
