// TalkService. An answer's entry in a batch is the encoding of an AskResponse: a message at tag 1.
import { AskRequest, TalkRequest, TalkResponse } from "../../gen/berrymq/v1/talk_service.js";
import type { TalkService } from "../../service/talk.js";
import { type Call, decode, encode, serverStream, unary } from "./call.js";
import { splitMessage } from "./frames.js";

export function talkCalls(service: TalkService): Record<string, Call> {
  return {
    Talk: unary(async (request, { caller }) => {
      const { message, rest } = splitMessage(request);
      const { replyTo } = decode(TalkRequest, rest);
      return encode(TalkResponse, await service.talk(caller, message, replyTo));
    }),
    Ask: serverStream((request, { caller, signal }) => {
      const { message, rest } = splitMessage(request);
      const { answers, timeout } = decode(AskRequest, rest);
      return service.ask(caller, message, { answers, timeout, signal });
    }),
  };
}
