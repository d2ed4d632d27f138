// QueueService.
import * as contract from "../../gen/berrymq/v1/queue_service.js";
import type { QueueService } from "../../service/queue.js";
import { Answering } from "./answering.js";
import { type Call, type Conversation, decode, duplex, encode, serverStream, unary, type Wire } from "./call.js";
import { consumeResponse, getResponse, messagesResponse } from "./frames.js";

const DRAIN = encode(contract.ConsumeResponse, { deliveries: [], outcomes: [], drain: { address: "" } });
const NOTHING = Buffer.alloc(0);

export function queueCalls(service: QueueService): Record<string, Call> {
  return {
    Create: unary(async (bytes, { caller }) => {
      const { queue } = decode(contract.CreateRequest, bytes);
      return encode(contract.CreateResponse, await service.create(caller, queue));
    }),
    Get: unary(async (bytes, { signal }) => getResponse(await service.get(decode(contract.GetRequest, bytes), signal))),
    Settle: unary(async (bytes) => {
      const { queue, settlements } = decode(contract.SettleRequest, bytes);
      return encode(contract.SettleResponse, { outcomes: await service.settle(queue, settlements) });
    }),
    Extend: unary(async (bytes) =>
      encode(contract.ExtendResponse, { outcomes: await service.extend(decode(contract.ExtendRequest, bytes)) }),
    ),
    Describe: unary(async (bytes) =>
      encode(contract.DescribeResponse, await service.describe(decode(contract.DescribeRequest, bytes).queue)),
    ),
    List: unary(async (bytes) =>
      encode(contract.ListResponse, await service.list(decode(contract.ListRequest, bytes))),
    ),
    Purge: unary(async (bytes) =>
      encode(contract.PurgeResponse, {
        purged: BigInt(await service.purge(decode(contract.PurgeRequest, bytes).queue)),
      }),
    ),
    Delete: unary(async (bytes) => {
      await service.delete(decode(contract.DeleteRequest, bytes).queue);
      return NOTHING;
    }),
    Pause: unary(async (bytes) => {
      await service.pause(decode(contract.PauseRequest, bytes).queue);
      return NOTHING;
    }),
    Resume: unary(async (bytes) => {
      await service.resume(decode(contract.ResumeRequest, bytes).queue);
      return NOTHING;
    }),
    Peek: unary(async (bytes) => {
      const { queue, max } = decode(contract.PeekRequest, bytes);
      return messagesResponse(await service.peek(queue, max));
    }),
    Redrive: serverStream(async function* (bytes, { signal }) {
      for await (const moved of service.redrive(decode(contract.RedriveRequest, bytes), signal)) {
        yield encode(contract.RedriveResponse, { moved: BigInt(moved) });
      }
    }),
    Consume: duplex((wire) => consume(service, wire)),
  };
}

function consume(service: QueueService, wire: Wire): Conversation {
  const stream = service.consume(wire.caller);
  const answering = new Answering(wire);
  let ended = false;
  const close = () => {
    ended = true;
    stream.close().catch((error: unknown) => wire.fail(error));
  };
  const fail = (error: unknown) => {
    close();
    wire.fail(error);
  };
  stream.onDeliveries = (deliveries) => {
    if (wire.writable && !wire.write(consumeResponse(deliveries, []))) stream.congested = true;
  };
  stream.onGone = fail;
  const apply = async (bytes: Buffer) => stream.apply(decode(contract.ConsumeRequest, bytes));
  // All requests of one turn share its commit; outcomes come in the order of their settlements.
  let before: Promise<void> = Promise.resolve();
  return {
    request(bytes) {
      if (ended) return;
      const applied = apply(bytes);
      before = Promise.all([applied, before]).then(([outcomes]) => {
        if (!ended && outcomes.length > 0) answering.answer(consumeResponse([], outcomes));
      });
      before = before.catch(fail);
    },
    requestsEnded() {},
    flushed() {
      answering.flushed();
      stream.congested = false;
    },
    draining() {
      stream.close().catch((error: unknown) => wire.fail(error));
      wire.write(DRAIN);
    },
    closed: close,
  };
}
