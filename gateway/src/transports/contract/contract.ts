// Every call of the contract, by service and name.
import type { Services } from "../../service/services.js";
import type { Call } from "./call.js";
import { followerCalls } from "./follower.js";
import { publisherCalls } from "./publisher.js";
import { queueCalls } from "./queue.js";
import { talkCalls } from "./talk.js";

export type Contract = Readonly<Record<ServiceName, Readonly<Record<string, Call>>>>;

export type ServiceName = "PublisherService" | "FollowerService" | "QueueService" | "TalkService";

export function contractOf(services: Services): Contract {
  return {
    PublisherService: publisherCalls(services.publisher),
    FollowerService: followerCalls(services.follower),
    QueueService: queueCalls(services.queue),
    TalkService: talkCalls(services.talk),
  };
}
