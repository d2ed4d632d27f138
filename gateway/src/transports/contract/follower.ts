// FollowerService.
import { FollowRequest, FollowResponse } from "../../gen/berrymq/v1/follower_service.js";
import type { FollowerService, FollowStream } from "../../service/follower.js";
import { Answering } from "./answering.js";
import { type Call, type Conversation, decode, duplex, encode, type Wire } from "./call.js";
import { followResponse } from "./frames.js";

/** Bytes of one response: what the fast path was measured with (DESIGN §8). */
const RESPONSE_BYTES = 256 * 1024;
/** Responses under way at once: enough to keep the connection busy, few enough that the rest waits in the bounded buffer. */
const UNDER_WAY = 4;

const DRAIN = encode(FollowResponse, { batch: undefined, appliedRevision: undefined, drain: { address: "" } });

export function followerCalls(service: FollowerService): Record<string, Call> {
  return { Follow: duplex((wire) => follow(service, wire)) };
}

function follow(service: FollowerService, wire: Wire): Conversation {
  const stream = service.stream(wire.caller);
  const answering = new Answering(wire);
  let ended = false;
  const close = () => {
    ended = true;
    stream.close();
  };
  pump(stream, wire);
  return {
    request(bytes) {
      if (ended) return;
      try {
        const request = decode(FollowRequest, bytes);
        stream.apply(request);
        if (request.revision === 0n && request.add.length + request.remove.length === 0) return;
        answering.answer(
          encode(FollowResponse, { batch: undefined, appliedRevision: request.revision, drain: undefined }),
        );
      } catch (error) {
        close();
        wire.fail(error);
      }
    },
    requestsEnded() {},
    flushed: () => answering.flushed(),
    draining: () => wire.write(DRAIN),
    closed: close,
  };
}

/** Writes what there is to take, never more than a few responses ahead of the connection. */
function pump(stream: FollowStream, wire: Wire): void {
  let underWay = 0;
  const written = () => {
    underWay--;
    write();
  };
  const write = () => {
    while (underWay < UNDER_WAY && wire.writable) {
      const entries = stream.take(RESPONSE_BYTES);
      if (entries === undefined) return;
      underWay++;
      wire.write(followResponse(entries), written);
    }
  };
  stream.onReady = write;
}
