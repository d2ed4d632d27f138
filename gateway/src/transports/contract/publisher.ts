// PublisherService.
import { PublishBatchesResponse, PublishResponse } from "../../gen/berrymq/v1/publisher_service.js";
import type { PublisherService } from "../../service/publisher.js";
import { Answering } from "./answering.js";
import { type Call, type Conversation, duplex, encode, unary, type Wire } from "./call.js";
import { readBatchesFrame } from "./frames.js";

const DRAIN = encode(PublishBatchesResponse, { through: 0n, accepted: [], refused: [], drain: { address: "" } });

export function publisherCalls(service: PublisherService): Record<string, Call> {
  return {
    Publish: unary(async (request, { caller }) => encode(PublishResponse, await service.publish(caller, request))),
    PublishBatches: duplex(
      (wire) => publishBatches(service, wire),
      async (request, { caller }) => {
        const { batch, firstSequence, resent } = readBatchesFrame(request);
        return encode(PublishBatchesResponse, await service.publishBatch(caller, batch, firstSequence, resent));
      },
    ),
  };
}

function publishBatches(service: PublisherService, wire: Wire): Conversation {
  const stream = service.stream(wire.caller);
  const answering = new Answering(wire);
  let ended = false;
  const close = () => {
    ended = true;
    stream.close();
  };
  stream.onAnswer = (response) => answering.answer(encode(PublishBatchesResponse, response));
  return {
    request(bytes) {
      if (ended) return;
      try {
        const { batch, firstSequence, resent } = readBatchesFrame(bytes);
        const stored = stream.accept(batch, firstSequence, resent);
        if (stored !== undefined) pauseUntil(wire, stored);
      } catch (error) {
        close();
        void stream.settled().then(() => wire.fail(error));
      }
    },
    requestsEnded() {
      if (!ended) void stream.settled().then(() => wire.end());
    },
    flushed: () => answering.flushed(),
    draining: () => wire.write(DRAIN),
    closed: close,
  };
}

/** Reads nothing more while a batch waits for the disk, so that a fast publisher is held back by the connection. */
function pauseUntil(wire: Wire, stored: Promise<unknown>): void {
  wire.pause();
  const resume = () => wire.resume();
  stored.then(resume, resume);
}
