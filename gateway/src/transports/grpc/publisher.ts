// PublisherService over gRPC.
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { PublishBatchesResponse, PublishResponse } from "../../gen/berrymq/v1/publisher_service.js";
import type { PublisherService } from "../../service/publisher.js";
import type { Log } from "../../telemetry/log.js";
import { answer, callerOf, DUPLEX, type Duplex, define, encode, refuse, UNARY, unary } from "./calls.js";
import { readBatchesFrame } from "./frames.js";
import type { OpenStreams } from "./open-streams.js";

export const definition = define("PublisherService", { Publish: UNARY, PublishBatches: DUPLEX });

const DRAIN = encode(PublishBatchesResponse, { through: 0n, accepted: [], refused: [], drain: { address: "" } });

export function implementation(
  service: PublisherService,
  streams: OpenStreams,
  log: Log,
): UntypedServiceImplementation {
  return {
    Publish: unary(log, streams, async (request, { caller }) =>
      encode(PublishResponse, await service.publish(caller, request)),
    ),
    PublishBatches: (grpc: Duplex) => {
      try {
        publishBatches(service, streams, log, grpc);
      } catch (error) {
        refuse(log, grpc, error);
      }
    },
  };
}

function publishBatches(service: PublisherService, streams: OpenStreams, log: Log, grpc: Duplex): void {
  const stream = service.stream(callerOf(grpc.metadata));
  const open = streams.add(() => grpc.write(DRAIN));
  let ended = false;
  const close = () => {
    ended = true;
    open.close();
    stream.close();
  };
  stream.onAnswer = (response) => answer(grpc, encode(PublishBatchesResponse, response));
  grpc.on("data", (request: Buffer) => {
    if (ended) return;
    try {
      const { batch, firstSequence, resent } = readBatchesFrame(request);
      const stored = stream.accept(batch, firstSequence, resent);
      if (stored !== undefined) pauseUntil(grpc, stored);
    } catch (error) {
      close();
      void stream.settled().then(() => refuse(log, grpc, error));
    }
  });
  grpc.on("end", () => {
    if (!ended) void stream.settled().then(() => grpc.end());
  });
  grpc.on("close", close);
  grpc.on("cancelled", close);
}

/** Reads nothing more while a batch waits for the disk, so that a fast publisher is held back by the connection. */
function pauseUntil(grpc: Duplex, stored: Promise<unknown>): void {
  grpc.pause();
  const resume = () => grpc.resume();
  stored.then(resume, resume);
}
