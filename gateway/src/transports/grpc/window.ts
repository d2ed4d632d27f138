// The one place that reaches into grpc-js: its server has no option for HTTP/2's receive windows, which stand at 64 KiB and halve the
// throughput of a publisher, nor for how many streams a client may reset. `window.test.ts` fails when an update of grpc-js moves what is used here.
import type { Http2Server, ServerHttp2Session } from "node:http2";
import type { Server } from "@grpc/grpc-js";

/** Bytes that a client may send ahead on one stream, and on one connection. */
const STREAM_WINDOW = 1024 * 1024;
const CONNECTION_WINDOW = 4 * 1024 * 1024;

/**
 * Streams that a client may reset at once, and then each second. A program that cancels a call for every request is no attack; node's own
 * bounds of 1000 and 33 end its connection.
 */
const RESETS_AT_ONCE = 10_000;
const RESETS_A_SECOND = 2000;

interface Innards {
  commonServerOptions: { settings?: Record<string, number>; streamResetBurst?: number; streamResetRate?: number };
  _setupHandlers(server: Http2Server, ...rest: unknown[]): void;
}

/** Has to be called before the server makes its first listener or injector. */
export function raiseReceiveWindow(server: Server): void {
  const innards = server as unknown as Innards;
  if (innards.commonServerOptions === undefined || innards._setupHandlers === undefined) {
    throw new Error("this release of grpc-js is built differently: its receive window cannot be raised");
  }
  const options = innards.commonServerOptions;
  options.streamResetBurst = RESETS_AT_ONCE;
  options.streamResetRate = RESETS_A_SECOND;
  options.settings = { ...options.settings, initialWindowSize: STREAM_WINDOW };
  const setupHandlers = innards._setupHandlers.bind(server);
  innards._setupHandlers = (http2, ...rest) => {
    http2.on("session", (session: ServerHttp2Session) => session.setLocalWindowSize(CONNECTION_WINDOW));
    setupHandlers(http2, ...rest);
  };
}
