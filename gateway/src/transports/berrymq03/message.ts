// A message as berryMQ 0.3 knows it, `identifier, args, kwargs`, from the contract's messages and back.
import { Message } from "../../gen/berrymq/v1/message.js";
import { asEntry } from "../../model/message.js";
import { payloadToJson } from "../json/payload.js";
import { writeJson } from "../json/text.js";

export interface OldMessage {
  readonly identifier: string;
  readonly args: readonly unknown[];
  readonly kwargs: { readonly [key: string]: unknown };
}

/** What a peer that is a gateway, too, tells beside: berryMQ 0.3 has no place for it and passes over it. */
export interface Travelled {
  /** Id of the message; empty = a new one. */
  readonly id: string;
  /** Talks and links behind it. */
  readonly hops: number;
}

/** As an encoded PublishRequest. */
export function toRequest({ identifier, args, kwargs }: OldMessage, { id, hops }: Travelled): Buffer {
  const payload = Buffer.from(writeJson({ args, kwargs }));
  return asEntry(Buffer.from(Message.encode(Message.fromPartial({ id, identifier, payload, hops })).finish()));
}

/** What is no berryMQ call becomes one argument: JSON as JSON, text as text, everything else as base64 text. */
export function fromMessage({ identifier, payload, contentType }: Message): OldMessage {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const shown = payloadToJson({ payload: bytes.toString("base64"), content_type: contentType });
  if (Array.isArray(shown.args)) return { identifier, args: shown.args, kwargs: shown.kwargs as OldMessage["kwargs"] };
  return { identifier, args: ["payload" in shown ? shown.payload : shown.payload_base64], kwargs: {} };
}
