// FollowerService over gRPC.
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { FollowRequest, FollowResponse } from "../../gen/berrymq/v1/follower_service.js";
import type { FollowerService, FollowStream } from "../../service/follower.js";
import type { Log } from "../../telemetry/log.js";
import { answer, callerOf, DUPLEX, type Duplex, decode, define, encode, refuse } from "./calls.js";
import { followResponse } from "./frames.js";
import type { OpenStreams } from "./open-streams.js";

export const definition = define("FollowerService", { Follow: DUPLEX });

/** Bytes of one response: what the fast path was measured with (DESIGN §8). */
const RESPONSE_BYTES = 256 * 1024;
/** Responses under way at once: enough to keep the connection busy, few enough that the rest waits in the bounded buffer. */
const UNDER_WAY = 4;

const DRAIN = encode(FollowResponse, { batch: undefined, appliedRevision: undefined, drain: { address: "" } });

export function implementation(service: FollowerService, streams: OpenStreams, log: Log): UntypedServiceImplementation {
  return {
    Follow: (grpc: Duplex) => {
      try {
        follow(service, streams, log, grpc);
      } catch (error) {
        refuse(log, grpc, error);
      }
    },
  };
}

function follow(service: FollowerService, streams: OpenStreams, log: Log, grpc: Duplex): void {
  const stream = service.stream(callerOf(grpc.metadata));
  const open = streams.add(() => grpc.write(DRAIN));
  let ended = false;
  const close = () => {
    ended = true;
    open.close();
    stream.close();
  };
  pump(stream, grpc);
  grpc.on("data", (bytes: Buffer) => {
    if (ended) return;
    try {
      const request = decode(FollowRequest, bytes);
      stream.apply(request);
      if (request.revision === 0n && request.add.length + request.remove.length === 0) return;
      answer(grpc, encode(FollowResponse, { batch: undefined, appliedRevision: request.revision, drain: undefined }));
    } catch (error) {
      close();
      refuse(log, grpc, error);
    }
  });
  grpc.on("close", close);
  grpc.on("cancelled", close);
}

/** Writes what there is to take, never more than a few responses ahead of the connection. */
function pump(stream: FollowStream, grpc: Duplex): void {
  let underWay = 0;
  const written = () => {
    underWay--;
    write();
  };
  const write = () => {
    while (underWay < UNDER_WAY && grpc.writable) {
      const entries = stream.take(RESPONSE_BYTES);
      if (entries === undefined) return;
      underWay++;
      grpc.write(followResponse(entries), written);
    }
  };
  stream.onReady = write;
}
