// What Node offers: every protocol, each loaded when an address asks for it, and its own hashes.
import { createHash } from "node:crypto";
import { parse } from "lossless-json";
import type { Opener } from "../transports/transport.js";

export { callerPlace } from "./place.js";
export { untilTold } from "./signals.js";

/** By scheme; the first is that of a mere `host:port`. */
export const openers: Readonly<Record<string, Opener>> = {
  grpc: async (host, caller) => {
    const { GrpcConnection } = await import("../transports/grpc/connection.js");
    return new GrpcConnection(host, caller);
  },
  http: async (host, caller) => {
    const [{ JsonConnection }, { HttpChannel }] = await Promise.all([
      import("../transports/json/connection.js"),
      import("../transports/http/channel.js"),
    ]);
    return new JsonConnection(new HttpChannel(host, caller));
  },
  ws: async (host, caller) => {
    const [{ JsonConnection }, { WebSocketChannel }, { WebSocket }] = await Promise.all([
      import("../transports/json/connection.js"),
      import("../transports/websocket/channel.js"),
      import("ws"),
    ]);
    const options = { perMessageDeflate: false, handshakeTimeout: HANDSHAKE_SECONDS * 1000 };
    return new JsonConnection(new WebSocketChannel(host, caller, (url) => new WebSocket(url, options)));
  },
};

/** A gateway that takes a connection and does not answer is none. */
const HANDSHAKE_SECONDS = 10;

/** Addresses are whole. */
export function locate(url: string): string {
  return url;
}

/** @returns hex */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** JSON whose numbers are what `number` makes of their text. @throws SyntaxError, RangeError */
export function parseNumbers(text: string, number: (text: string) => unknown): unknown {
  return parse(text, undefined, number);
}
