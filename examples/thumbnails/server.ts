// Serves the page: three files, and the gateway's address. Everything else the page says to the gateway itself.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname;

export class PageServer {
  private constructor(private readonly server: Server) {}

  /** On a free port of this machine. @param gateway its address as a page needs it, once it is known */
  static async open(gateway: () => string): Promise<PageServer> {
    const script = await bundled();
    const files: Record<string, [type: string, content: () => string | Uint8Array]> = {
      "/": ["text/html; charset=utf-8", () => readFileSync(join(here, "page.html"))],
      "/style.css": ["text/css", () => readFileSync(join(here, "style.css"))],
      "/page.js": ["text/javascript", () => script],
      "/gateway": ["text/plain", gateway],
    };
    const server = createServer((request, response) => {
      const [type, content] = files[request.url ?? ""] ?? ["text/plain", undefined];
      response.writeHead(content === undefined ? 404 : 200, { "content-type": type, "cache-control": "no-store" });
      response.end(content?.() ?? "there is no such page\n");
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return new PageServer(server);
  }

  /** What the browser calls the page's origin, which the gateway must be told. */
  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

async function bundled(): Promise<Uint8Array> {
  const options = { bundle: true, minify: true, format: "esm", platform: "browser", target: "es2022" } as const;
  const { outputFiles } = await build({ entryPoints: [join(here, "page.ts")], ...options, write: false });
  return outputFiles[0]!.contents;
}
