// Sends requests over a few connections that stay open, each after the answer to the one before, for some seconds; tells the requests per second.
import { Agent, request } from "node:http";

const CONNECTIONS = 16;
const SECONDS = 4;
const WARM_UP_SECONDS = 1;
const VALUE = "v".repeat(128);

const [work, url] = process.argv.slice(2) as ["queue" | "publish", string];
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const form = { "content-type": "application/x-www-form-urlencoded" };
const json = { "content-type": "application/json" };
let answered = 0;
let over = false;

const works = {
  /** One message in, one message out. */
  async queue(): Promise<void> {
    await ask("POST", "/q/x", form, `value=${VALUE}`, /^x:\d+/);
    await ask("GET", "/q/x", {}, undefined, /"value": ?"v/);
  },
  async publish(): Promise<void> {
    const message = { identifier: "x:y", args: [VALUE] };
    const call = { jsonrpc: "2.0", id: answered, method: "publish", params: { message } };
    await ask("POST", "/rpc", json, JSON.stringify(call), /"result"/);
  },
};

function ask(method: string, path: string, headers: object, body: string | undefined, expected: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    const asking = request(`http://${url}${path}`, { method, agent, headers: { ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => {
        if (response.statusCode !== 200 || !expected.test(text)) {
          return reject(new Error(`${method} ${path} answered ${response.statusCode}: ${text.slice(0, 200)}`));
        }
        answered++;
        resolve();
      });
    });
    asking.on("error", reject).end(body);
  });
}

async function client(): Promise<void> {
  while (!over) await works[work]();
}

const clients = Promise.all(Array.from({ length: CONNECTIONS }, client));
await pause(WARM_UP_SECONDS);
const [before, start] = [answered, process.hrtime.bigint()];
await Promise.race([pause(SECONDS), clients]);
const rate = (answered - before) / (Number(process.hrtime.bigint() - start) / 1e9);
over = true;
await clients;
console.log(rate);
agent.destroy();

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
