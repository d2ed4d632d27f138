// Requests and responses around messages, against the generated codec.

import { describe, expect, test } from "vitest";
import { batch, body, message } from "../../../testing/batches.js";
import { FollowResponse } from "../../gen/berrymq/v1/follower_service.js";
import { Batch, Message } from "../../gen/berrymq/v1/message.js";
import { PublishBatchesRequest } from "../../gen/berrymq/v1/publisher_service.js";
import { ConsumeResponse, GetResponse, PeekResponse } from "../../gen/berrymq/v1/queue_service.js";
import { AskRequest } from "../../gen/berrymq/v1/talk_service.js";
import {
  consumeResponse,
  followResponse,
  getResponse,
  messagesResponse,
  readBatchesFrame,
  splitMessage,
} from "./frames.js";

const given = message({ payload: Buffer.from("p"), attributes: { k: "v" } });
const bytes = Buffer.from(Message.encode(given).finish());

describe("readBatchesFrame", () => {
  const encode = (fields: Partial<PublishBatchesRequest>) =>
    Buffer.from(PublishBatchesRequest.encode(PublishBatchesRequest.fromPartial(fields)).finish());

  test("leaves the batch as it came", () => {
    const frame = readBatchesFrame(encode({ batch: { messages: [given, given] }, firstSequence: 300n, resent: true }));
    expect([frame.firstSequence, frame.resent]).toEqual([300, true]);
    expect(Batch.decode(frame.batch).messages).toEqual([given, given]);
  });

  test("takes what is absent for nothing", () => {
    expect(readBatchesFrame(Buffer.alloc(0))).toMatchObject({ firstSequence: 0, resent: false });
  });

  test("joins a batch that comes in two pieces, as every decoder does", () => {
    const pieces = [given, given].map((each) => encode({ batch: { messages: [each] } }));
    expect(Batch.decode(readBatchesFrame(Buffer.concat(pieces)).batch).messages).toHaveLength(2);
  });

  test("passes over fields that it does not know, and refuses those that it knows otherwise", () => {
    expect(readBatchesFrame(Buffer.of(0x7a, 0x01, 0x00)).firstSequence).toBe(0);
    for (const wrong of [[0x08, 1], [0x12, 0], [0x1a, 0], [0x0a, 5, 0], [0x10], [0x00]]) {
      expect(() => readBatchesFrame(Buffer.from(wrong))).toThrow(
        expect.objectContaining({ reason: "MALFORMED_MESSAGE" }),
      );
    }
  });
});

test("splitMessage takes the message out of a request, wherever it stands", () => {
  const request = Buffer.from(
    AskRequest.encode({ message: given, answers: 3, timeout: { seconds: 1n, nanos: 0 } }).finish(),
  );
  const turned = Buffer.concat([request.subarray(batch(given).length), request.subarray(0, batch(given).length)]);
  for (const each of [request, turned]) {
    const { message, rest } = splitMessage(each);
    expect(Batch.decode(message).messages).toEqual([given]);
    expect(AskRequest.decode(rest)).toMatchObject({ message: undefined, answers: 3, timeout: { seconds: 1n } });
  }
  expect(() => splitMessage(Buffer.of(0x08, 0x01))).toThrow("field 1 with wire type 0");
});

test("a FollowResponse holds the entries it was given", () => {
  const entries = Array.from({ length: 200 }, () => batch({}));
  expect(FollowResponse.decode(followResponse(entries)).batch?.messages).toHaveLength(200);
});

test("deliveries carry their messages as they came", () => {
  const delivery = { body: bytes, number: 1, lease: "l", attempt: 2, until: 1, deadline: 1_700_000_000_000_000 };
  const expected = { message: given, leaseId: "l", attempt: 2, deadline: 1_700_000_000_000_000n };
  expect(GetResponse.decode(getResponse([delivery, delivery])).deliveries).toMatchObject([expected, expected]);
  const outcome = { leaseId: "l", deadline: 0n, error: undefined, dead: true };
  const consumed = ConsumeResponse.decode(consumeResponse([delivery], [outcome]));
  expect([consumed.deliveries.length, consumed.outcomes]).toEqual([1, [outcome]]);
  expect(GetResponse.decode(getResponse([])).deliveries).toEqual([]);
});

test("a PeekResponse holds the messages it was given", () => {
  expect(PeekResponse.decode(messagesResponse([bytes, body({})])).messages[0]).toEqual(given);
});
