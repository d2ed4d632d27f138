// Requests of the contract as bytes, and what the gateway's memory holds.
import { readFileSync } from "node:fs";
import { type DeepPartial, FollowRequest, FollowResponse } from "../../gateway/src/gen/berrymq/v1/follower_service.ts";
import { Batch, type Message } from "../../gateway/src/gen/berrymq/v1/message.ts";
import { PublishBatchesResponse } from "../../gateway/src/gen/berrymq/v1/publisher_service.ts";
import type { RawStream } from "./raw-client.ts";

let made = 0;

export function batch(...messages: DeepPartial<Message>[]): Buffer {
  const full = messages.map((fields) => ({ id: `j-${made++}`, identifier: "a:b", publishedAt: 1n, ...fields }));
  return Buffer.from(Batch.encode(Batch.fromPartial({ messages: full })).finish());
}

export function varint(value: number): Buffer {
  return value < 0x80
    ? Buffer.of(value)
    : Buffer.concat([Buffer.of((value % 0x80) | 0x80), varint(Math.floor(value / 0x80))]);
}

/** A field that carries bytes. */
export function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

/** A PublishBatchesRequest; also what Publish takes, for one message. */
export const batches = (batch: Uint8Array) => field(1, batch);

export const follow = (fields: DeepPartial<FollowRequest>) =>
  FollowRequest.encode(FollowRequest.fromPartial(fields)).finish();

/** Follows patterns and waits until that holds. */
export async function following(stream: RawStream, ...patterns: string[]): Promise<RawStream> {
  await stream.write(follow({ add: patterns.map((pattern) => ({ pattern })), revision: 1n }));
  await stream.response(1);
  return stream;
}

/** What a follow stream was sent so far. */
export function heard(stream: RawStream): Message[] {
  return stream.responses.flatMap((response) => FollowResponse.decode(response).batch?.messages ?? []);
}

/** Whether a change of a follow stream holds. */
export function holds(stream: RawStream, revision: bigint): boolean {
  return stream.responses.some((response) => FollowResponse.decode(response).appliedRevision === revision);
}

/** The answers of a publish stream so far, as one. */
export function answers(stream: RawStream) {
  const all = stream.responses.map((response) => PublishBatchesResponse.decode(response));
  return {
    through: Math.max(0, ...all.map(({ through }) => Number(through))),
    accepted: all.flatMap(({ accepted }) => accepted).reduce((sum, { count }) => sum + count, 0),
    refused: all.flatMap(({ refused }) => refused),
    drained: all.some(({ drain }) => drain !== undefined),
  };
}

export function residentMiB(pid: number): number {
  const kilobytes = readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+) kB$/m)![1];
  return Number(kilobytes) / 1024;
}
