// All calls of the contract, for the transports.
import type { Broker } from "../broker/broker.js";
import { FollowerService } from "./follower.js";
import { KeyedQueues } from "./keyed-queues.js";
import { PublisherService } from "./publisher.js";
import { QueueService } from "./queue.js";
import { TalkService } from "./talk.js";

export class Services {
  readonly publisher: PublisherService;
  readonly follower: FollowerService;
  readonly queue: QueueService;
  readonly talk: TalkService;
  readonly keyedQueues: KeyedQueues;

  constructor(broker: Broker) {
    this.publisher = new PublisherService(broker, broker.limits);
    this.follower = new FollowerService(broker, broker.limits);
    this.queue = new QueueService(broker);
    this.keyedQueues = new KeyedQueues(broker);
    this.talk = new TalkService(broker, this.publisher, broker.clock);
  }
}
