// What a browser offers: WebSocket, and addresses that the page's own begins. Bundlers take this file in place of node.ts (package.json, `imports`).
import { NotSupported } from "../errors.js";
import { JsonConnection } from "../transports/json/connection.js";
import type { Opener } from "../transports/transport.js";
import { WebSocketChannel } from "../transports/websocket/channel.js";
import type { OpenSocket } from "../transports/websocket/socket.js";

export { sha256 } from "./sha256.js";

/** Not known: a bundler made one file of the package and its users. */
export const callerPlace = (): string => "";

/** Nobody sends signals to a page. */
export async function untilTold(_end: () => Promise<void>): Promise<void> {
  throw new NotSupported(
    "run waits for the signals that end a program; a page ends by `await bus.close()`, if it wants to",
  );
}

/** As far as it is needed here: the compiler knows Node only. */
const page = globalThis as unknown as {
  readonly WebSocket: new (url: string) => ReturnType<OpenSocket>;
  readonly location?: { readonly protocol: string; readonly host: string };
};

/** By scheme; the first is that of a mere `host:port`. */
export const openers: Readonly<Record<string, Opener>> = {
  ws: async (host, caller) => new JsonConnection(new WebSocketChannel(host, caller, (url) => new page.WebSocket(url))),
};

/** `/rpc` is the gateway that the page came from. */
export function locate(url: string): string {
  if (url !== "/rpc" || page.location === undefined) return url;
  const { protocol, host } = page.location;
  return `${protocol === "https:" ? "wss" : "ws"}://${host}${/:\d+$/.test(host) ? "" : ":80"}`;
}

/** The third argument of a reviver (ECMAScript 2026): how a number was written. */
type Reviver = (key: string, value: unknown, written: { readonly source: string }) => unknown;

/** JSON whose numbers are what `number` makes of their text. @throws SyntaxError */
export function parseNumbers(text: string, number: (text: string) => unknown): unknown {
  const revive: Reviver = (_key, value, { source }) => (typeof value === "number" ? number(source) : value);
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}
