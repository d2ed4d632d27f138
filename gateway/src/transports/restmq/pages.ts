// `/static/…`: the dashboard and the form to try commands with. What there is is read once; no path of a request reaches the disk.
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { Refusal } from "../../model/errors.js";
import type { Visit } from "./visit.js";

const FOLDER = new URL("../../../static/", import.meta.url);
const types: Record<string, string> = {
  ".html": "text/html; charset=UTF-8",
  ".css": "text/css; charset=UTF-8",
  ".js": "text/javascript; charset=UTF-8",
};

const files = new Map(readdirSync(FOLDER).map((name) => [name, readFileSync(new URL(name, FOLDER))]));

export async function showPage({ rest, response }: Visit): Promise<void> {
  const file = files.get(rest);
  if (file === undefined) throw new Refusal("QUEUE_NOT_FOUND", `there is no page ${JSON.stringify(rest)}`);
  response.writeHead(200, {
    "Content-Type": types[extname(rest)] ?? "application/octet-stream",
    "Content-Length": file.length,
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(file);
}
