// Requests over HTTP for tests, with what matters of their answers.
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined for none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  readonly json: any;
}

export class TestClient {
  constructor(readonly port: number) {}

  async send(
    method: string,
    path: string,
    body?: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const given = body === undefined ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) };
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, { method, headers, ...given });
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    return {
      status: response.status,
      type,
      headers: response.headers,
      text,
      json: /json/.test(type) && text !== "" ? JSON.parse(text) : undefined,
    };
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.send("GET", path, undefined, headers);
  }

  /** A body of JSON. */
  post(path: string, value?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#json("POST", path, value, headers);
  }

  put(path: string, value: unknown = {}): Promise<Answer> {
    return this.#json("PUT", path, value, {});
  }

  #json(method: string, path: string, value: unknown, headers: Record<string, string>): Promise<Answer> {
    if (value === undefined) return this.send(method, path, undefined, headers);
    return this.send(method, path, JSON.stringify(value), { "content-type": "application/json", ...headers });
  }
}
