// Which web pages may speak to the gateway (the Fetch standard's CORS protocol). Off unless configured: a page of another origin is
// answered nothing it can read, and is refused where a browser would not ask first (forms, WebSocket).
import type { IncomingMessage } from "node:http";
import type { NextFunction, Request, Response } from "express";
import { problem } from "./problem.js";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const PREFLIGHT_SECONDS = "600";

export class Origins {
  /** @param allowed origins such as `https://shop.example`; `*` = every one */
  constructor(readonly allowed: readonly string[]) {}

  /** Why a request is refused; undefined = it is not. Who names no origin is no web page. */
  refusal({ headers, url }: IncomingMessage): string | undefined {
    const { origin, host } = headers;
    // A picture or a link of another site names no origin, and a GET may take a message; the front page is for everybody.
    const silent = origin === undefined && headers["sec-fetch-site"] === "cross-site" && url !== "/";
    if (silent ? this.allowed.includes("*") : origin === undefined || this.#allows(origin) || hostOf(origin) === host)
      return undefined;
    const page = origin === undefined ? "another site" : origin;
    return `a page of ${page} may not speak to this gateway; allow it with the setting "origins"`;
  }

  readonly check = (request: Request, response: Response, next: NextFunction): void => {
    const { origin } = request.headers;
    const refusal = this.refusal(request);
    if (refusal !== undefined && !isPreflight(request)) return problem(response, 403, refusal);
    if (origin === undefined || !this.#allows(origin)) return next();
    response.vary("Origin");
    response.set({ "access-control-allow-origin": origin, "access-control-expose-headers": "*" });
    if (!isPreflight(request)) return next();
    response.set({
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": request.get("access-control-request-headers") ?? "*",
      "access-control-max-age": PREFLIGHT_SECONDS,
    });
    response.status(204).end();
  };

  #allows(origin: string): boolean {
    return this.allowed.includes("*") || this.allowed.includes(origin);
  }
}

function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.get("access-control-request-method") !== undefined;
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
