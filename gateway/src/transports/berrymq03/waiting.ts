// A call that may wait: cut short when its client is gone, or when the gateway is about to stop.
import type { Response } from "express";
import { DRAINING } from "../contract/call.js";
import type { OpenStreams } from "../open-streams.js";

export interface Waiting {
  /** Given with DRAINING as its reason when the gateway is about to stop. */
  readonly signal: AbortSignal;
  end(): void;
}

export function waiting(response: Response, streams: OpenStreams): Waiting {
  const cut = new AbortController();
  const stream = streams.add(() => cut.abort(DRAINING));
  const gone = () => cut.abort();
  response.once("close", gone);
  return {
    signal: cut.signal,
    end() {
      response.removeListener("close", gone);
      stream.close();
    },
  };
}
