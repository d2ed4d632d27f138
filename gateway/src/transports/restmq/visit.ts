// One request to the RestMQ door: what it asks of which queue, with which arguments.
import type { Request, Response } from "express";
import type { KeyedQueues } from "../../service/keyed-queues.js";
import { Arguments, type Pair, percentDecoded, readBody, readForm } from "./arguments.js";
import type { Door } from "./door.js";
import { toBroker } from "./names.js";
import { checkCallback } from "./replies.js";

export class Visit {
  constructor(
    readonly door: Door,
    readonly request: Request,
    readonly response: Response,
    /** What stands behind the route's prefix. @see name */
    readonly rest: string,
    readonly args: Arguments,
  ) {}

  get queues(): KeyedQueues {
    return this.door.queues;
  }

  /** The queue's name as the client wrote it: slashes, colons and spaces are allowed. */
  get name(): string {
    return this.rest;
  }

  get callback(): string | undefined {
    return checkCallback(this.args.get("callback"));
  }

  /** The broker's name of the queue. @throws Refusal INVALID_ARGUMENT */
  get brokerName(): string {
    return toBroker(this.name);
  }

  /** The bytes of the body; empty where there is none. */
  get body(): Buffer {
    return bodyOf(this.request);
  }

  get contentType(): string {
    return this.request.get("content-type") ?? "";
  }
}

export function bodyOf({ body }: Request): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/** The path as it stands in the request, and its query. */
export function splitUrl(url: string): { path: string; query: string } {
  const at = url.indexOf("?");
  return at < 0 ? { path: url, query: "" } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

/** @throws Refusal INVALID_ARGUMENT for a path that is no UTF-8 */
export function restOf(path: string, prefix: string): string {
  return percentDecoded(path.slice(prefix.length), "the path");
}

/** Query first, then the body. @throws Refusal INVALID_ARGUMENT */
export async function argumentsOf(request: Request, query: string): Promise<Arguments> {
  const pairs: Pair[] = readForm(query, "the query");
  const body = bodyOf(request);
  if (body.length > 0) pairs.push(...(await readBody(body, request.get("content-type") ?? "")));
  return new Arguments(pairs);
}
