// A berryMQ 0.3 program for tests: what it calls, and what it is called back with.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Reply {
  readonly status: number;
  /** As it came. */
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any answer
  readonly json: any;
}

export class OldClient {
  constructor(readonly port: number) {}

  async post(body: string | Uint8Array, headers: Record<string, string> = {}, path = "/JSON"): Promise<Reply> {
    const url = `http://127.0.0.1:${this.port}${path}`;
    const response = await fetch(url, { method: "POST", body, headers: { "content-type": "text/xml", ...headers } });
    const text = await response.text();
    return { status: response.status, text, json: text.startsWith("{") ? JSON.parse(text) : undefined };
  }

  /** The whole reply to a call. */
  async reply(method: string, ...params: unknown[]): Promise<Reply["json"]> {
    return (await this.post(JSON.stringify({ id: null, method, params }))).json;
  }

  /** The result of a call; throws with its error object. */
  async call(method: string, ...params: unknown[]): Promise<Reply["json"]> {
    const { result, error } = await this.reply(method, ...params);
    if (error !== null) throw Object.assign(new Error(error.message), { type: error.type });
    return result;
  }
}

export interface Called {
  readonly params: readonly unknown[];
  readonly text: string;
  readonly headers: IncomingMessage["headers"];
}

/** Answers every call with `answer()`: the result, or a whole response. */
export class OldServer {
  readonly calls: Called[] = [];
  answer: () => unknown = () => "ok";
  /** Set: it is written in place of a reply. */
  respond: { status: number; headers?: Record<string, string>; body?: string } | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(port = 0): Promise<OldServer> {
    const server = createServer();
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const old = new OldServer(server);
    server.on("request", async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      old.calls.push({ params: JSON.parse(text).params, text, headers: request.headers });
      const { status, headers, body } = old.respond ?? {
        status: 200,
        body: JSON.stringify({ id: null, result: await old.answer(), error: null }),
      };
      response.writeHead(status, headers).end(body);
    });
    return old;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What it was told, without tokens. */
  get heard(): unknown[] {
    return this.calls.map(({ params }) => params.slice(1));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
