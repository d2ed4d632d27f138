// Any message that may travel, for property tests.
import fc from "fast-check";
import type { Envelope } from "../../src/envelope.js";
import type { Message as Generated } from "../../src/gen/berrymq/v1/message.js";
import { parseIdentifier } from "../../src/identifier.js";

const text = fc.string({ unit: "grapheme", maxLength: 200 });
const part = fc.stringMatching(/^[a-zé日]{1,20}$/);
const micros = fc.integer({ min: 0, max: 2 ** 52 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

export const envelopes: fc.Arbitrary<Envelope> = fc.record({
  messageId: text,
  identifier: fc.tuple(part, part).map(([name, action]) => parseIdentifier(`${name}:${action}`)),
  payload: fc.uint8Array({ maxLength: 40_000, size: "max" }).map((bytes) => Buffer.from(bytes)),
  contentType: text,
  attributes: fc.dictionary(text, text, { maxKeys: 5, noNullPrototype: true }),
  publishedAt: micros,
  expiresAt: micros,
  sender: text,
  replyTo: text,
  answer: fc.option(fc.record({ to: text, number: uint32, of: uint32, failed: fc.boolean() }), { nil: undefined }),
  resent: fc.boolean(),
  hops: uint32,
  priority: uint32,
  deliverAt: micros,
  requireAck: fc.boolean(),
  attempt: uint32,
  size: fc.constant(0),
});

/** The same message as the generated code knows it. */
export function generated(envelope: Envelope): Generated {
  const { messageId, identifier, publishedAt, expiresAt, deliverAt, size: _, ...same } = envelope;
  return {
    ...same,
    id: messageId,
    identifier: identifier.text,
    attributes: { ...envelope.attributes },
    publishedAt: BigInt(publishedAt),
    expiresAt: BigInt(expiresAt),
    deliverAt: BigInt(deliverAt),
    answer: envelope.answer && { ...envelope.answer },
  };
}
