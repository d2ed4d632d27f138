// `make demo`: a gateway and three programs in three languages that log, talk and share a queue. It ends by itself, with
// code 0 when every expected message arrived.
import { Gateway } from "../../test/support/gateway.ts";
import { until } from "../../test/support/until.ts";
import { Actor, type Player, players, say } from "./cast.ts";

const languages: Record<Player, string> = { python: "Python", ruby: "Ruby", typescript: "TypeScript" };
const words: Record<Player, string> = {
  python: "a function listens",
  ruby: "an object listens",
  typescript: "a loop listens",
};
const patience = 8;

async function everyoneHearsTheLog(cast: Actor[]): Promise<void> {
  say("demo", "each publishes to NAME:log; each follows *:log, so everyone hears all three");
  for (const actor of cast) {
    actor.tell("log");
    await actor.expect([`published ${actor.player}:log`], patience);
    for (const listener of cast) await listener.expect([`heard ${actor.player}:log ${words[actor.player]}`], patience);
  }
}

async function everyoneAnswersATalk(cast: Actor[]): Promise<void> {
  say("demo", "each talks to demo:greet; what the three handlers return travels to NAME:greeting");
  for (const actor of cast) {
    actor.tell("talk");
    await actor.expect(
      players.map((player) => `was answered Hello from ${languages[player]}`),
      patience,
    );
    for (const handler of cast) await handler.expect([`was greeted by ${languages[actor.player]}`], patience);
  }
}

async function theyShareAQueue(cast: Actor[]): Promise<void> {
  say("demo", "each publishes a task; the shared queue task:* hands each task to one of them");
  for (const actor of cast) actor.tell("task");
  for (const actor of cast) actor.tell("work");
  const tasks = Object.values(languages).map((language) => `took berries for ${language}`);
  const taken = () => cast.flatMap((actor) => actor.said("took"));
  await until("the queue hands out three tasks", () => taken().length >= tasks.length, patience);
  if (taken().sort().join() !== tasks.sort().join())
    throw new Error(`the queue handed out: ${taken().join("; ") || "nothing"}`);
}

async function play(): Promise<void> {
  const gateway = await Gateway.start();
  say("demo", `a gateway listens on ${gateway.url}`);
  const cast = players.map((player) => new Actor(player, gateway.url));
  try {
    await Promise.all(cast.map((actor) => actor.expect(["is ready"], 15)));
    await everyoneHearsTheLog(cast);
    await everyoneAnswersATalk(cast);
    await theyShareAQueue(cast);
  } finally {
    await leave(cast);
    await gateway.stop();
  }
}

async function leave(cast: Actor[]): Promise<void> {
  for (const actor of cast) {
    if (await actor.leave()) continue;
    say(actor.player, "ended with an error");
    process.exitCode = 1;
  }
}

const started = performance.now();
try {
  await play();
  say("demo", `everything arrived, in ${((performance.now() - started) / 1000).toFixed(1)} s`);
} catch (error) {
  say("demo", `FAILED: ${(error as Error).message}`);
  process.exitCode = 1;
}
