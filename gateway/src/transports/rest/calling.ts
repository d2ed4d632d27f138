// Makes a call of the contract for as long as its client waits, and gathers what it answers.
import type { Response } from "express";
import { Refusal } from "../../model/errors.js";
import type { Caller } from "../../service/caller.js";
import { type Call, DRAINING } from "../contract/call.js";
import type { OpenStreams } from "../open-streams.js";
import type { Route } from "./routes.js";

/** A call of the contract that one answer ends. */
export type AnsweredCall = Exclude<Call, { kind: "duplex" }>;

/**
 * A signal that is given when the client is gone, or, with DRAINING as its reason, when the gateway is about to stop. A drain waits for the
 * end of the response, not of the call: what was taken for the client is to reach it.
 */
export function signalOf(response: Response, streams: OpenStreams): AbortSignal {
  const gone = new AbortController();
  const open = streams.add(() => gone.abort(DRAINING));
  response.once("close", () => {
    open.close();
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** Everything that the call answers, or the last of it where the route does not gather. @param most bytes of all answers. @throws Refusal */
export async function answersOf(
  { gathered }: Route,
  call: AnsweredCall,
  request: Buffer,
  context: { caller: Caller; signal: AbortSignal; most: number },
): Promise<Buffer[]> {
  if (call.kind === "unary") return [await call.run(request, context)];
  let answers: Buffer[] = [];
  let bytes = 0;
  for await (const answer of call.run(request, context)) {
    if (gathered === undefined) answers = [];
    else bytes += answer.length;
    if (bytes > context.most) throw new Refusal("BATCH_TOO_LARGE", `the answers are larger than ${context.most} bytes`);
    answers.push(answer);
  }
  if (context.signal.reason === DRAINING) throw DRAINING;
  return answers;
}
