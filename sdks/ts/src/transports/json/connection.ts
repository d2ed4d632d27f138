// A connection in JSON, over whatever channel: publishing by calls, following by a subscription.
import type { Envelope } from "../../envelope.js";
import { Closed } from "../../errors.js";
import { type Message, received } from "../../message.js";
import type {
  Connection,
  FollowChange,
  FollowEvents,
  FollowStream,
  PublishEvents,
  PublishStream,
  Settled,
} from "../transport.js";
import type { Channel, Fields, Params, Subscription } from "./channel.js";
import { batchParams, messageFields, readMessage, toBatch } from "./codec.js";
import { JsonQueueCalls } from "./queue-calls.js";
import { known } from "./refusal.js";

export class JsonConnection implements Connection {
  readonly queues: JsonQueueCalls;

  constructor(private readonly channel: Channel) {
    this.queues = new JsonQueueCalls(channel);
  }

  follow(events: FollowEvents): FollowStream {
    let subscription: Subscription | undefined;
    const open = (opening: Fields) => this.channel.subscribe("follow", opening, followListener(events));
    return {
      write: (change) => {
        if (subscription === undefined) subscription = open(followFields(change));
        else subscription.update(followFields(change));
      },
    };
  }

  /** A batch counts as written once it is answered: what gathers meanwhile is the next one. */
  publish(events: PublishEvents): PublishStream {
    let over = false;
    const end = (error: Parameters<PublishEvents["ended"]>[0]) => {
      if (!over) events.ended(error);
      over = true;
    };
    return {
      write: (frame, written) => {
        this.channel.callInOrder("publish_batches", batchParams(frame)).then((answer) => {
          events.settled(toSettled(answer));
          if (answer.drain) events.drain(answer.drain.address ?? "");
          written();
        }, end);
      },
      end: () => {},
    };
  }

  /** JSON has the answers come together: when there are enough of them, or the time is over. */
  async *ask(question: Envelope, answers: number, seconds: number, signal: AbortSignal): AsyncGenerator<Message> {
    const params = { message: messageFields(question), answers, timeout: seconds };
    const asked = this.channel.call("ask", params, signal).catch((error) => {
      throw signal.aborted ? new Closed("nobody waits for the answer any more") : error;
    });
    for (const answer of (await asked).answers ?? []) yield received(readMessage(answer));
  }

  close(): void {
    this.queues.close();
    this.channel.close();
  }
}

function followFields({ add, remove, credit, revision, acknowledge }: FollowChange): Fields {
  return {
    add: add.length > 0 ? add : undefined,
    remove: remove.length > 0 ? remove : undefined,
    credit,
    revision,
    acknowledge: acknowledge.length > 0 ? acknowledge : undefined,
  };
}

function followListener(events: FollowEvents) {
  let draining = false;
  const heard: { readonly [event: string]: (params: Params) => void } = {
    message: ({ message, bytes }) => {
      const batch = toBatch(message);
      events.batch(batch, 0, batch.length, Number(bytes ?? 0));
    },
    applied: ({ revision }) => events.applied(Number(revision)),
    draining: () => {
      draining = true;
      events.drain("");
    },
  };
  return {
    heard: (event: string, params: Params) => heard[event]?.(params),
    // A gateway that drains ends the subscription well before its last answers to what was published.
    ended: (error: Parameters<FollowEvents["ended"]>[0]) => {
      if (error !== undefined || !draining) events.ended(error);
    },
  };
}

function toSettled({ through, accepted = [], refused = [] }: Params): Settled {
  return {
    through: Number(through ?? 0),
    accepted: accepted.map((run: Params) => ({
      first: Number(run.first_sequence),
      count: run.count,
      followers: run.followers ?? 0,
      queues: run.queues ?? 0,
    })),
    refused: refused.map((run: Params) => ({
      first: Number(run.first_sequence),
      count: run.count,
      error: known(run.error.reason, run.error.message),
    })),
  };
}
