// `POST /v1/cloudevents`: takes events in binary, structured and batch mode, and publishes them.
import type { Request, Response } from "express";
import { MAX_AT_ONCE } from "../../../limits.js";
import { Refusal, toRefusal } from "../../../model/errors.js";
import { lengthDelimited } from "../../../model/wire.js";
import type { CallContext, UnaryCall } from "../../contract/call.js";
import { utf8Of } from "../../http/body.js";
import { CALLER_PARAMETERS, callerOf } from "../../http/caller.js";
import { problem, statusOf } from "../../http/problem.js";
import type { RoomContext } from "../../http/room.js";
import { fromBytes, type JsonObject } from "../../json/codec.js";
import { methodNamed } from "../../json/descriptors.js";
import { readJson } from "../../json/text.js";
import { sendJson } from "../answer.js";
import { signalOf } from "../calling.js";
import { bodyOf } from "../content.js";
import { parametersOf } from "../query.js";
import { HttpRefusal } from "../refusals.js";
import { readBinary } from "./binary.js";
import { readEvent } from "./structured.js";

export const eventsPath = "/v1/cloudevents";

const MODE = /^application\/cloudevents(-batch)?(?:\+([\w.-]+))?\s*(?:;|$)/i;
const FIRST_FIELD = 0x0a;

/** Nothing of a batch is published unless every event of it is well-formed. */
export async function takeEvents(request: Request, response: Response, context: RoomContext): Promise<void> {
  parametersOf(request, CALLER_PARAMETERS);
  const publisher = publisherOf(context, { caller: callerOf(request), signal: signalOf(response, context.streams) });
  const [mode, batch, format] = MODE.exec(request.get("content-type") ?? "") ?? [];
  if (mode === undefined) return sendJson(response, 200, await publisher(readBinary(request)));
  if (format?.toLowerCase() !== "json") throw otherFormat(mode);
  const body = readJson(utf8Of(bodyOf(request)));
  if (batch === undefined) return sendJson(response, 200, await publisher(readEvent(body, "event")));
  // Publishes begin in order, and those of one turn share its commit.
  answerBatch(response, await Promise.allSettled(readBatch(body).map(publisher)), context);
}

function readBatch(body: unknown): Buffer[] {
  if (!Array.isArray(body)) throw new Refusal("INVALID_ARGUMENT", "the batch: a list is expected");
  if (body.length > MAX_AT_ONCE)
    throw new Refusal("BATCH_TOO_LARGE", `a batch of ${body.length} events; at most ${MAX_AT_ONCE} are taken`);
  return body.map((event, index) => readEvent(event, `event[${index}]`));
}

function publisherOf({ contract }: RoomContext, call: CallContext): (message: Buffer) => Promise<JsonObject> {
  const { run } = contract.PublisherService.Publish as { run: UnaryCall };
  const { output } = methodNamed("PublisherService", "Publish");
  return async (message) => fromBytes(output, await run(lengthDelimited(FIRST_FIELD, message), call));
}

/** Who sees the status alone must not take a batch for stored when a part of it is not. */
function answerBatch(response: Response, settled: PromiseSettledResult<JsonObject>[], { log }: RoomContext): void {
  const refusals = settled.map((each) =>
    each.status === "fulfilled"
      ? undefined
      : toRefusal(each.reason, (cause) => log.error({ err: cause }, "an event failed")),
  );
  const results = settled.map((each, index) =>
    each.status === "fulfilled" ? each.value : { error: told(refusals[index]!) },
  );
  const first = refusals.find((refusal) => refusal !== undefined);
  if (first === undefined) return sendJson(response, 200, { results });
  const count = refusals.filter((refusal) => refusal !== undefined).length;
  const detail = `${count} of ${settled.length} events were refused, the first because: ${first.message}`;
  problem(response, statusOf(first), detail, { reason: first.reason, retryable: first.retryable, results });
}

function told({ reason, retryable, message }: Refusal): JsonObject {
  return { reason, retryable, message };
}

function otherFormat(mode: string): HttpRefusal {
  const accept = "application/cloudevents+json, application/cloudevents-batch+json";
  return new HttpRefusal(415, `content-type: ${mode} is not taken; send ${accept}, or headers ce-…`, { accept });
}
