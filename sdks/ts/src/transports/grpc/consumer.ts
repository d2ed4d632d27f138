// One Consume stream.

import { ConsumeRequest, ConsumeResponse } from "../../gen/berrymq/v1/queue_service.js";
import { Cursor } from "../../wire/cursor.js";
import { PushedDeliveries } from "../pushed.js";
import { type Duplex, whenEnded } from "./calls.js";
import { readDeliveries } from "./deliveries.js";
import { toSettlement } from "./settlement.js";
import { fromWire } from "./status.js";

/** Deliveries of a stream that was just opened. */
export function consumerOn(
  stream: Duplex,
  opening: { queue: string; credit: number; autoAck: boolean },
  gone: () => void,
): PushedDeliveries {
  const consumer = new PushedDeliveries(gone);
  const send = (request: Partial<ConsumeRequest>) =>
    void stream.write(Buffer.from(ConsumeRequest.encode(ConsumeRequest.create(request)).finish()));
  consumer.attach({
    send: (settlements, credit) =>
      send({ settlements: settlements.map(({ leaseId, verdict }) => toSettlement(leaseId, verdict)), credit }),
    finish: () => void stream.end(),
    cancel: () => stream.cancel(),
  });
  stream.on("data", (bytes: Buffer) => take(bytes, consumer));
  whenEnded(stream, (error) => consumer.ended(error));
  send(opening);
  return consumer;
}

function take(bytes: Buffer, consumer: PushedDeliveries): void {
  for (const delivery of readDeliveries(bytes)) consumer.take(delivery);
  if (!holdsMore(bytes)) return;
  const { outcomes, drain } = ConsumeResponse.decode(bytes);
  consumer.takeOutcomes(outcomes.map(({ dead, error }) => ({ dead, error: error && fromWire(error) })));
  if (drain) consumer.ended(undefined);
}

/** Whether a response holds anything but deliveries, which were read already. */
function holdsMore(bytes: Buffer): boolean {
  const cursor = new Cursor().over(bytes, 0, bytes.length);
  while (cursor.next()) if (cursor.field !== 1) return true;
  return false;
}
