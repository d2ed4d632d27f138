// Asks over the installed npm package; copied out of the repository before it runs.
import { connect } from "berrymq";

const mq = await connect(process.env.BERRYMQ_URL);
console.log(await mq.ask("math:add", 1, 2, 3));
await mq.close();
