// Clients of the JSON doors for tests: a POST, a WebSocket, an answer of server-sent events.
import { once } from "node:events";
import { type ClientRequest, get, type IncomingMessage } from "node:http";
import { WebSocket } from "ws";

// biome-ignore lint/suspicious/noExplicitAny: what comes is what the test says it is
type Json = any;

/** Seconds that a test waits for what should come at once. */
const PATIENCE = 10;

export async function post(port: number, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/rpc`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** Calls a method over POST; tells `{result}` or `{error}`. */
export async function call(port: number, method: string, params?: unknown, headers?: Record<string, string>) {
  const response = await post(port, { jsonrpc: "2.0", id: 1, method, params }, headers);
  return (await response.json()) as Json;
}

/** What came, in order; each is taken once. */
class Inbox {
  readonly all: Json[] = [];
  #taken = 0;
  #wake = () => {};

  add(what: Json): void {
    this.all.push(what);
    this.#wake();
  }

  /** The next that has not been taken. */
  async next(): Promise<Json> {
    const deadline = performance.now() + PATIENCE * 1000;
    while (this.all.length <= this.#taken) {
      if (performance.now() > deadline) throw new Error(`nothing came within ${PATIENCE} s`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 50);
      });
    }
    return this.all[this.#taken++];
  }

  /** The next of which that holds; what comes before it is passed over. */
  async find(holds: (what: Json) => boolean): Promise<Json> {
    for (;;) {
      const what = await this.next();
      if (holds(what)) return what;
    }
  }
}

export class RpcClient {
  readonly inbox = new Inbox();
  readonly closed: Promise<number>;
  #ids = 0;
  #answers = new Map<unknown, (answer: Json) => void>();

  private constructor(readonly webSocket: WebSocket) {
    webSocket.on("error", () => {});
    this.closed = once(webSocket, "close").then(([code]) => code);
    webSocket.on("message", (data) => {
      const said = JSON.parse(String(data));
      const answer = this.#answers.get(said.id);
      if (answer === undefined) return this.inbox.add(said);
      this.#answers.delete(said.id);
      answer(said);
    });
  }

  static async open(port: number, query = ""): Promise<RpcClient> {
    const client = new RpcClient(new WebSocket(`ws://127.0.0.1:${port}/rpc${query}`));
    await once(client.webSocket, "open");
    return client;
  }

  send(what: unknown): void {
    this.webSocket.send(typeof what === "string" ? what : JSON.stringify(what));
  }

  /** Calls a method; tells `{result}` or `{error}`. */
  call(method: string, params?: unknown): Promise<Json> {
    const id = `call-${this.#ids++}`;
    const answer = new Promise<Json>((resolve) => this.#answers.set(id, resolve));
    this.send({ jsonrpc: "2.0", id, method, params });
    return answer;
  }

  async close(): Promise<void> {
    this.webSocket.terminate();
    await this.closed;
  }
}

/** An answer of server-sent events. */
export class SseClient {
  /** `{event, id, data}` */
  readonly inbox = new Inbox();
  readonly ended: Promise<unknown>;

  private constructor(
    readonly request: ClientRequest,
    readonly response: IncomingMessage,
  ) {
    let text = "";
    this.ended = new Promise((resolve) => response.on("close", resolve));
    response.on("error", () => {});
    response.setEncoding("utf8").on("data", (chunk) => {
      const blocks = (text + chunk).split("\n\n");
      text = blocks.pop()!;
      for (const block of blocks) if (!block.startsWith(":")) this.inbox.add(read(block));
    });
  }

  static async open(port: number, path: string, headers: Record<string, string> = {}): Promise<SseClient> {
    const request = get({ port, host: "127.0.0.1", path, headers, agent: false });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    request.on("error", () => {});
    return new SseClient(request, response);
  }

  close(): void {
    this.request.destroy();
  }
}

function read(block: string): Json {
  const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
  return { ...fields, data: JSON.parse(fields.data) };
}
