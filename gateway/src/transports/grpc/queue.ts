// QueueService over gRPC.
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import * as contract from "../../gen/berrymq/v1/queue_service.js";
import type { QueueService } from "../../service/queue.js";
import type { Log } from "../../telemetry/log.js";
import {
  answer,
  callerOf,
  DUPLEX,
  type Duplex,
  decode,
  define,
  encode,
  refuse,
  SERVER_STREAM,
  serverStream,
  UNARY,
  unary,
} from "./calls.js";
import { consumeResponse, getResponse, messagesResponse } from "./frames.js";
import type { OpenStreams } from "./open-streams.js";

const unaryCalls = [
  "Create",
  "Get",
  "Settle",
  "Extend",
  "Describe",
  "List",
  "Purge",
  "Delete",
  "Pause",
  "Resume",
  "Peek",
];

export const definition = define("QueueService", {
  ...Object.fromEntries(unaryCalls.map((name) => [name, UNARY])),
  Consume: DUPLEX,
  Redrive: SERVER_STREAM,
});

const DRAIN = encode(contract.ConsumeResponse, { deliveries: [], outcomes: [], drain: { address: "" } });
const NOTHING = Buffer.alloc(0);

export function implementation(service: QueueService, streams: OpenStreams, log: Log): UntypedServiceImplementation {
  return {
    Create: unary(log, streams, async (bytes, { caller }) => {
      const { queue } = decode(contract.CreateRequest, bytes);
      return encode(contract.CreateResponse, await service.create(caller, queue));
    }),
    Get: unary(log, streams, async (bytes, { signal }) =>
      getResponse(await service.get(decode(contract.GetRequest, bytes), signal)),
    ),
    Settle: unary(log, streams, async (bytes) => {
      const { queue, settlements } = decode(contract.SettleRequest, bytes);
      return encode(contract.SettleResponse, { outcomes: await service.settle(queue, settlements) });
    }),
    Extend: unary(log, streams, async (bytes) =>
      encode(contract.ExtendResponse, { outcomes: await service.extend(decode(contract.ExtendRequest, bytes)) }),
    ),
    Describe: unary(log, streams, async (bytes) =>
      encode(contract.DescribeResponse, await service.describe(decode(contract.DescribeRequest, bytes).queue)),
    ),
    List: unary(log, streams, async (bytes) =>
      encode(contract.ListResponse, await service.list(decode(contract.ListRequest, bytes))),
    ),
    Purge: unary(log, streams, async (bytes) =>
      encode(contract.PurgeResponse, {
        purged: BigInt(await service.purge(decode(contract.PurgeRequest, bytes).queue)),
      }),
    ),
    Delete: unary(log, streams, async (bytes) => {
      await service.delete(decode(contract.DeleteRequest, bytes).queue);
      return NOTHING;
    }),
    Pause: unary(log, streams, async (bytes) => {
      await service.pause(decode(contract.PauseRequest, bytes).queue);
      return NOTHING;
    }),
    Resume: unary(log, streams, async (bytes) => {
      await service.resume(decode(contract.ResumeRequest, bytes).queue);
      return NOTHING;
    }),
    Peek: unary(log, streams, async (bytes) => {
      const { queue, max } = decode(contract.PeekRequest, bytes);
      return messagesResponse(await service.peek(queue, max));
    }),
    Redrive: serverStream(log, streams, async function* (bytes, { signal }) {
      for await (const moved of service.redrive(decode(contract.RedriveRequest, bytes), signal)) {
        yield encode(contract.RedriveResponse, { moved: BigInt(moved) });
      }
    }),
    Consume: (grpc: Duplex) => {
      try {
        consume(service, streams, log, grpc);
      } catch (error) {
        refuse(log, grpc, error);
      }
    },
  };
}

function consume(service: QueueService, streams: OpenStreams, log: Log, grpc: Duplex): void {
  const stream = service.consume(callerOf(grpc.metadata));
  const open = streams.add(() => {
    void stream.close();
    grpc.write(DRAIN);
  });
  let ended = false;
  const close = () => {
    ended = true;
    open.close();
    stream.close().catch((error: unknown) => log.error({ err: error }, "deliveries could not be given back"));
  };
  const write = (response: Buffer) => {
    if (grpc.writable && !grpc.write(response)) stream.congested = true;
  };
  const fail = (error: unknown) => {
    close();
    refuse(log, grpc, error);
  };
  stream.onDeliveries = (deliveries) => write(consumeResponse(deliveries, []));
  stream.onGone = fail;
  const apply = async (bytes: Buffer) => stream.apply(decode(contract.ConsumeRequest, bytes));
  // All requests of one turn share its commit; outcomes come in the order of their settlements.
  let before: Promise<void> = Promise.resolve();
  grpc.on("data", (bytes: Buffer) => {
    if (ended) return;
    const applied = apply(bytes);
    before = Promise.all([applied, before]).then(([outcomes]) => {
      if (!ended && outcomes.length > 0) answer(grpc, consumeResponse([], outcomes));
    });
    before = before.catch(fail);
  });
  grpc.on("drain", () => {
    stream.congested = false;
  });
  grpc.on("close", close);
  grpc.on("cancelled", close);
}
