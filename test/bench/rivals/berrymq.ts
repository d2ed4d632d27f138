// berryMQ: a shared queue on the sqlite engine, which commits to disk (synchronous = full) before it answers.
import { connect } from "berrymq";
import { Gateway } from "../../support/gateway.ts";
import { packageVersion } from "./process.ts";
import { type Client, type Rival, type Server, UNACKNOWLEDGED } from "./rival.ts";

const IDENTIFIER = "bench:message";

export const berrymq: Rival = {
  title: "berryMQ, sqlite, synchronous full",
  version: () => packageVersion("berrymq"),
  start,
  open,
};

async function start(directory: string): Promise<Server> {
  const gateway = await Gateway.start({ data: directory });
  return { url: gateway.url, pid: gateway.pid, stop: async () => void (await gateway.stop()) };
}

async function open(url: string): Promise<Client> {
  const mq = await connect(url);
  const queue = await mq.queue(IDENTIFIER, { shared: true, name: "bench" });
  return {
    prepare: async () => {},
    publish: async (payloads) => void (await mq.publishMany(payloads.map((payload) => [IDENTIFIER, payload] as const))),
    consume: async (take) => {
      let acknowledged = Promise.resolve();
      for await (const delivery of queue.consume({ credit: UNACKNOWLEDGED })) {
        // Outcomes come in order, so the last acknowledgement is answered last.
        acknowledged = delivery.ack();
        if (take(delivery.message.payload)) break;
      }
      await acknowledged;
    },
    left: async () => {
      const { ready, delayed, leased } = await queue.status();
      return ready + delayed + leased;
    },
    close: () => mq.close(),
  };
}
