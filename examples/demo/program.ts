// The TypeScript part of the demo: a loop hears the log; stdin says what to do next.
import { createInterface } from "node:readline";
import { connect } from "berrymq";

await using mq = await connect(process.argv[2]!, { ident: "typescript" });

const messages = mq.follow("*:log");
const hearing = (async () => {
  for await (const message of messages) console.log("heard", message.id, message.args[0]);
})();
const followers = [
  mq.followingFunction("demo:greet", (message) => {
    console.log("was greeted by", message.args[0]);
    return "Hello from TypeScript";
  }),
  mq.followingFunction("typescript:greeting", (message) => console.log("was answered", message.args[0])),
];
const tasks = await mq.queue("task:*", { shared: true });
await mq.flush();
console.log("is ready");

const words: Record<string, () => Promise<void>> = {
  log: async () => {
    await mq.publish("typescript:log", "a loop listens");
    console.log("published typescript:log");
  },
  talk: async () => void (await mq.talk("demo:greet", "typescript:greeting", "TypeScript")),
  task: async () => void (await mq.publish("task:pick", "berries for TypeScript")),
  work: async () => console.log("took", (await tasks.get({ timeout: 5 }))?.args[0]),
};
for await (const word of createInterface({ input: process.stdin })) await words[word]!();
for (const follower of followers) follower.unfollow();
await messages.return?.();
await hearing;
