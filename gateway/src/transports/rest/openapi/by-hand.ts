// Operations that are no route of the table: server-sent events, which another room answers, and CloudEvents.
import { BATCH, STRUCTURED } from "../cloudevents/answer.js";
import { callerReferences, content, problemResponse, reference } from "./parts.js";

const seconds = (description: string) => ({ type: "number", description });

const query = (name: string, description: string, schema: object) => ({ name, in: "query", description, schema });

const stream = (description: string) => ({ description, content: content("text/event-stream", { type: "string" }) });

const follow = {
  operationId: "FollowerService.Follow",
  tags: ["Follower"],
  summary: "Follows patterns as server-sent events.",
  description:
    "Each event's data is JSON; docs/json.md tells the events. At most once, in the order of each publisher.",
  parameters: [
    query("pattern", "What to follow; may stand many times.", { type: "array", items: { type: "string" } }),
    query("credit", "Bytes of messages that may be sent. Absent = as many as the connection carries.", {
      type: "integer",
      minimum: 0,
    }),
    query("resume", "For how long it outlives its connection.", { ...seconds("Seconds."), minimum: 0, maximum: 300 }),
    {
      name: "last-event-id",
      in: "header",
      description: "The last event that the client has; what it missed comes first.",
      schema: { type: "string" },
    },
    ...callerReferences,
  ],
  responses: {
    200: stream("Events `subscription`, `message`, `applied`, `draining`, `ended`."),
    default: problemResponse,
  },
};

const consume = {
  operationId: "QueueService.Consume",
  tags: ["Queue"],
  summary: "Has a queue's messages pushed as server-sent events.",
  description: "Settle with `POST /v1/queues/{queue}/settle`. What is unsettled when the connection ends is released.",
  parameters: [
    { name: "queue", in: "path", required: true, description: "Required.", schema: { type: "string", minLength: 1 } },
    query("credit", "So many messages may be pushed before more credit is given. Absent = 100.", {
      type: "integer",
      minimum: 0,
    }),
    query("lease", "The lease to take. Absent = the queue's.", seconds("Seconds.")),
    query("auto_ack", "True = everything is acknowledged as it is pushed.", { type: "boolean" }),
    ...callerReferences,
  ],
  responses: {
    200: stream("Events `subscription`, `delivery`, `outcomes`, `draining`, `ended`."),
    default: problemResponse,
  },
};

const cloudevents = {
  operationId: "PublisherService.Publish.cloudevents",
  tags: ["Publisher"],
  summary: "Publishes CloudEvents.",
  description:
    "Structured and batch mode by the Content-Type; any other body is the data of an event in binary mode, whose attributes stand in headers `ce-…`. " +
    "Of a batch nothing is published unless every event is well-formed; if some are refused then, the status is that of the first refusal and `results` tells of each.",
  parameters: callerReferences,
  requestBody: {
    content: {
      ...content(STRUCTURED, reference("CloudEvent")),
      ...content(BATCH, reference("CloudEventBatch")),
      ...content("*/*", {}),
    },
  },
  responses: {
    200: {
      description: "Published.",
      content: content("application/json", { anyOf: [reference("PublishResponse"), reference("BatchResponse")] }),
    },
    default: problemResponse,
  },
};

export const byHand = {
  "/v1/follow": { get: follow },
  "/v1/queues/{queue}/consume": { get: consume },
  "/v1/cloudevents": { post: cloudevents },
};
