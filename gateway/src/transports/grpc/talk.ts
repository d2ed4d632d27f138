// TalkService over gRPC. An answer's entry in a batch is the encoding of an AskResponse: a message at tag 1.
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { AskRequest, TalkRequest, TalkResponse } from "../../gen/berrymq/v1/talk_service.js";
import type { TalkService } from "../../service/talk.js";
import type { Log } from "../../telemetry/log.js";
import { decode, define, encode, SERVER_STREAM, serverStream, UNARY, unary } from "./calls.js";
import { splitMessage } from "./frames.js";
import type { OpenStreams } from "./open-streams.js";

export const definition = define("TalkService", { Talk: UNARY, Ask: SERVER_STREAM });

export function implementation(service: TalkService, streams: OpenStreams, log: Log): UntypedServiceImplementation {
  return {
    Talk: unary(log, streams, async (request, { caller }) => {
      const { message, rest } = splitMessage(request);
      const { replyTo } = decode(TalkRequest, rest);
      return encode(TalkResponse, await service.talk(caller, message, replyTo));
    }),
    Ask: serverStream(log, streams, (request, { caller, signal }) => {
      const { message, rest } = splitMessage(request);
      const { answers, timeout } = decode(AskRequest, rest);
      return service.ask(caller, message, { answers, timeout, signal });
    }),
  };
}
