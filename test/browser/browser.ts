// A real Chromium, and a server of pages on an origin of its own.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";

const root = resolve(import.meta.dirname, "../..");

/** What a bundler makes of a program for browsers, minified. */
export async function bundle(source: { readonly path: string } | { readonly code: string }): Promise<Buffer> {
  const entry =
    "path" in source
      ? { entryPoints: [resolve(root, source.path)] }
      : { stdin: { contents: source.code, resolveDir: import.meta.dirname } };
  const options = { bundle: true, minify: true, format: "esm", platform: "browser", target: "es2022" } as const;
  const { outputFiles } = await build({ ...entry, ...options, write: false });
  return Buffer.from(outputFiles[0]!.contents);
}

export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/** Pages at an origin, each of some HTML and scripts. */
export class Site {
  private constructor(
    private readonly server: Server,
    private readonly browser: Browser,
  ) {}

  /** @param files path → content */
  static async open(files: Readonly<Record<string, string | Buffer>>): Promise<Site> {
    const server = createServer(({ url = "/" }, response) => {
      const path = url.split("?")[0]!;
      const content = files[path];
      response.writeHead(content === undefined ? 404 : 200, {
        "content-type": path.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8",
      });
      response.end(content);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return new Site(server, await startChromium());
  }

  get origin(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async visit(path: string): Promise<Page> {
    const page = await this.browser.newPage();
    await page.goto(`${this.origin}${path}`);
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await new Promise((closed) => this.server.close(closed));
  }
}
