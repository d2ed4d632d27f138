// Asks `math:add`, which some program in some language answers.
import { connect, NoFollowers } from "berrymq";

await using mq = await connect(process.env.BERRYMQ_URL ?? "localhost:7201");
try {
  console.log(await mq.ask("math:add", 1, 2, 3));
} catch (error) {
  if (!(error instanceof NoFollowers)) throw error;
  console.log("nobody answers; start an answerer");
}
