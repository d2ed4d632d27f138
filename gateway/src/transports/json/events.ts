// What a stream of the contract tells, as events in JSON: one for each message and each delivery.
import { WireReader } from "../../model/wire.js";
import { fromBytes, type JsonObject } from "./codec.js";
import { messageNamed, methodNamed } from "./descriptors.js";
import type { PayloadForm } from "./payload.js";

/** `params` are shown to the client, with whatever its protocol adds. */
export interface Event {
  readonly name: string;
  readonly params: JsonObject;
}

/** Reads one response of the stream. `counted` tells whether the client gives credit in bytes, and has to know how many to give back. */
export type ReadEvents = (response: Buffer, counted: boolean, form: PayloadForm) => Iterator<Event>;

/** Field 1, length-delimited: `FollowResponse.batch`, and each message of a batch. */
const FIRST_FIELD = 0x0a;

const message = messageNamed("Message");
const followResponse = methodNamed("FollowerService", "Follow").output;
const consumeResponse = methodNamed("QueueService", "Consume").output;

/** Events of a FollowResponse, which holds a batch or word about the stream. */
export function* followEvents(response: Buffer, counted: boolean, form: PayloadForm): Generator<Event> {
  if (response[0] === FIRST_FIELD) return yield* messagesOf(response, counted, form);
  const { applied_revision: revision, drain } = fromBytes(followResponse, response);
  if (revision !== undefined) yield { name: "applied", params: { revision } };
  if (drain !== undefined) yield { name: "draining", params: {} };
}

export function* consumeEvents(response: Buffer, _counted: boolean, form: PayloadForm): Generator<Event> {
  const { deliveries, outcomes, drain } = fromBytes(consumeResponse, response, form);
  for (const delivery of deliveries as JsonObject[]) yield { name: "delivery", params: { delivery } };
  if ((outcomes as JsonObject[]).length > 0) yield { name: "outcomes", params: { outcomes } };
  if (drain !== undefined) yield { name: "draining", params: {} };
}

function* messagesOf(response: Buffer, counted: boolean, form: PayloadForm): Generator<Event> {
  const batch = new WireReader(response, 1, response.length);
  const reader = new WireReader(response, batch.at, batch.fieldEnd());
  reader.at = batch.at;
  while (!reader.done) {
    const start = reader.at++;
    const end = reader.fieldEnd();
    const shown = fromBytes(message, response.subarray(reader.at, end), form);
    reader.at = end;
    yield { name: "message", params: { message: shown, ...(counted && { bytes: end - start }) } };
  }
}
