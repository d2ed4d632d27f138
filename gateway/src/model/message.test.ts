// Messages as bytes: what is added is found by the decoder, and the rest stays as it came.
import { describe, expect, test } from "vitest";
import { batch, body } from "../../testing/batches.js";
import { Batch, type DeepPartial, Message } from "../gen/berrymq/v1/message.js";
import { defaultLimits } from "../limits.js";
import { asEntry, bodyOf, completed, newMessageId, systemMessage, withAttributes, withReplyTo } from "./message.js";
import { scanBatch } from "./scanner.js";

const NOW = 1_700_000_000_123_456;

function complete(fields: DeepPartial<Message>, resent = false): Message {
  const bytes = batch(fields);
  let result: Buffer = Buffer.alloc(0);
  scanBatch(bytes, defaultLimits, (scanned) => (result = completed(bytes, scanned, NOW, resent)));
  return Message.decode(result);
}

test("message ids are unique and short enough", () => {
  const ids = new Set(Array.from({ length: 1000 }, newMessageId));
  expect(ids.size).toBe(1000);
  for (const id of ids) expect(Buffer.byteLength(id)).toBeLessThanOrEqual(128);
});

describe("completed", () => {
  test("adds an id and a time where they are missing", () => {
    const { id, publishedAt, ...rest } = complete({ id: "", publishedAt: 0n, payload: Buffer.from("p") });
    expect(id).not.toBe("");
    expect(publishedAt).toBe(BigInt(NOW));
    expect(rest).toMatchObject({ identifier: "a:b", payload: Buffer.from("p"), resent: false });
  });

  test("keeps an id and a time that there are", () => {
    expect(complete({ id: "mine", publishedAt: 7n })).toMatchObject({ id: "mine", publishedAt: 7n });
  });

  test("marks what is sent again", () => {
    expect(complete({}, true).resent).toBe(true);
  });
});

test("an entry and its body turn into each other", () => {
  for (const length of [0, 1, 127, 128, 20_000]) {
    const given = body({ payload: Buffer.alloc(length) });
    expect(bodyOf(asEntry(given)).equals(given)).toBe(true);
    expect(Batch.decode(asEntry(given)).messages).toHaveLength(1);
  }
});

test("another reply_to takes the place of the one before", () => {
  expect(Message.decode(withReplyTo(body({ replyTo: "old:x" }), "new:x")).replyTo).toBe("new:x");
});

test("attributes are added, and replace those of the same key", () => {
  const marked = withAttributes(body({ attributes: { kept: "1", replaced: "2" } }), { replaced: "3", added: "ä" });
  expect(Message.decode(marked).attributes).toEqual({ kept: "1", replaced: "3", added: "ä" });
});

test("the system's messages carry kwargs under the reserved name", () => {
  const { identifier, payload, publishedAt, id } = Message.decode(bodyOf(systemMessage("lag", { dropped: 3 }, NOW)));
  expect(identifier).toBe("berrymq:lag");
  expect(JSON.parse(payload.toString())).toEqual({ args: [], kwargs: { dropped: 3 } });
  expect([publishedAt, id !== ""]).toEqual([BigInt(NOW), true]);
  expect(Message.decode(bodyOf(systemMessage("lag", {}, NOW, "space"))).identifier).toBe("berrymq@space:lag");
});
