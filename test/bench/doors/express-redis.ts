// What people write when they need a queue over HTTP: twenty lines of express on Redis.
import express from "express";
import { createClient } from "redis";

const redis = await createClient({ url: `redis://127.0.0.1:${process.argv[2]}` }).connect();
const app = express();
app.use(express.urlencoded(), express.json());
app.post("/q/:queue", async (request, response) => {
  const number = await redis.incr(`${request.params.queue}:number`);
  await redis.lPush(request.params.queue, request.body.value);
  response.send(`${request.params.queue}:${number}\r\n`);
});
app.get("/q/:queue", async (request, response) => {
  const value = await redis.rPop(request.params.queue);
  if (value === null) response.sendStatus(204);
  else response.json({ count: 0, key: request.params.queue, value });
});
app.post("/rpc", async (request, response) => {
  const { identifier, args } = request.body.params.message;
  const followers = await redis.publish(identifier, JSON.stringify({ args }));
  response.json({ jsonrpc: "2.0", id: request.body.id, result: { followers } });
});
const server = app.listen(Number(process.argv[3]), "127.0.0.1", () => console.log("ready"));
process.once("SIGTERM", () => server.close(() => process.exit(0)));
