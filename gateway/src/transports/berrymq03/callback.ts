// One call of a berryMQ 0.3 program: an HTTP POST of its own, to the address that was judged, following no redirect.
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import type { Socket } from "node:net";
import { readJson } from "../json/text.js";
import { isObject } from "./rpc.js";
import type { Target } from "./targets.js";

/** What came of a call. `unreachable`: it surely did not arrive; `unanswered`: nobody knows. */
export type Answer =
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "refused" | "unreachable" | "unanswered"; readonly why: string };

/** A program of 2009 calls its followers before it answers, one after the other. */
const CALL_SECONDS = 30;
/** Bytes of an answer: it is a word or two. */
const MOST_BYTES = 64 * 1024;

/** Never rejects. */
export function post(
  target: Target,
  body: Buffer,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve) => {
    const posting = request(optionsOf(target, body, headers));
    const cut = () => posting.destroy(new Error("the connection was closed"));
    const late = setTimeout(
      () => posting.destroy(new Error(`no answer within ${CALL_SECONDS} s`)),
      CALL_SECONDS * 1000,
    );
    signal.addEventListener("abort", cut);
    const finish = (answer: Answer) => {
      clearTimeout(late);
      signal.removeEventListener("abort", cut);
      resolve(answer);
    };
    let arrived = false;
    posting.on("socket", (socket: Socket) => socket.once("connect", () => (arrived = true)));
    posting.on("error", ({ message }) => finish({ kind: arrived ? "unanswered" : "unreachable", why: message }));
    posting.on("response", (response) => {
      readBody(response).then(
        (text) => finish(understood(response.statusCode!, text)),
        (error: Error) => finish({ kind: "unanswered", why: error.message }),
      );
    });
    posting.end(body);
  });
}

function optionsOf({ host, port, address }: Target, body: Buffer, headers: Record<string, string>): RequestOptions {
  return {
    host: address,
    port,
    path: "/JSON",
    method: "POST",
    // A server of 2009 has one thread: a connection that is kept open would hold everybody else up.
    agent: false,
    headers: {
      ...headers,
      host: `${host.includes(":") ? `[${host}]` : host}:${port}`,
      connection: "close",
      "content-type": "text/xml",
      "content-length": body.length,
    },
  };
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`an answer of more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function understood(status: number, text: string): Answer {
  if (status !== 200) return { kind: "refused", why: `HTTP status ${status}` };
  try {
    const answer = readJson(text);
    if (!isObject(answer)) return { kind: "refused", why: "the answer is no object" };
    const { result, error = null } = answer;
    if (error === null) return { kind: "result", result };
    return { kind: "refused", why: JSON.stringify(error).slice(0, 200) };
  } catch {
    return { kind: "refused", why: "the answer is no JSON" };
  }
}
