// The JSON-RPC door: POST /rpc, and WebSocket at the same path.
import { setMaxListeners } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import express, { type Request, type Response, Router } from "express";
import { WebSocketServer } from "ws";
import { Refusal, toRefusal } from "../../model/errors.js";
import { DRAINING } from "../contract/call.js";
import { rawBody, utf8Of } from "../http/body.js";
import { callerOf, type JsonCaller } from "../http/caller.js";
import { problem } from "../http/problem.js";
import type { Room, RoomContext } from "../http/room.js";
import { RpcConnection } from "./connection.js";
import { type Host, invokersOf } from "./invoker.js";
import { Rpc } from "./rpc.js";

const PATH = "/rpc";
const JSON_TYPE = /^application\/(?:json|json-rpc|jsonrequest)\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

export function openJsonRpc(context: RoomContext): Room {
  const { contract, config, log, streams, subscriptions } = context;
  const { limits } = config;
  const refusalOf = (error: unknown) => toRefusal(error, (cause) => log.error({ err: cause }, "a call failed"));
  const rpc = new Rpc({ invokers: invokersOf(contract, subscriptions), batch: limits.rpcBatch, refusalOf });

  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.frameBytes, perMessageDeflate: false });
  const connections = new Set<RpcConnection>();

  const routes = Router();
  routes.options(PATH, (_request, response) => void response.status(204).set("allow", "OPTIONS, POST").end());
  routes.post(PATH, checkType, rawBody(limits.frameBytes), async (request, response) => {
    const gone = new AbortController();
    // Each call of a batch that waits listens.
    setMaxListeners(0, gone.signal);
    response.on("close", () => response.writableFinished || gone.abort());
    const open = streams.add(() => gone.abort(DRAINING));
    try {
      await answer(rpc, request, response, gone.signal);
    } finally {
      open.close();
    }
  });
  routes.all(PATH, (request, response) => {
    response.set("allow", "OPTIONS, POST");
    problem(response, 405, `${request.method} is not for this page; POST is, and WebSocket`);
  });

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.split("?", 1)[0] !== PATH) return false;
    let caller: JsonCaller;
    try {
      caller = callerOf(request);
    } catch (error) {
      turnAway(socket, refusalOf(error));
      return true;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new RpcConnection(webSocket, socket as Socket, {
        caller,
        rpc,
        limits,
        streams,
        subscriptions,
        refusalOf,
      });
      connections.add(connection);
      webSocket.on("close", () => connections.delete(connection));
    });
    return true;
  };
  return { routes, upgrade, close: () => connections.forEach((connection) => connection.terminate()) };
}

async function answer(rpc: Rpc, request: Request, response: Response, signal: AbortSignal): Promise<void> {
  const host: Host = { caller: callerOf(request), signal, openStream };
  const { text, readable } = await rpc.answer(textOf(request.body), host);
  if (text === undefined) response.status(204).end();
  else
    response
      .status(readable ? 200 : 400)
      .type("application/json")
      .send(Buffer.from(text));
}

/** What is no UTF-8 is no JSON either; as an empty text it is refused alike. */
function textOf(body: unknown): string {
  try {
    return Buffer.isBuffer(body) ? utf8Of(body) : "";
  } catch {
    return "";
  }
}

async function openStream(): Promise<never> {
  throw new Refusal(
    "NOT_SUPPORTED",
    "a POST has one answer, and no room for what comes later; use a WebSocket at /rpc, or GET /v1/follow and /v1/queues/{queue}/consume",
  );
}

function checkType(request: Request, response: Response, next: express.NextFunction): void {
  if (JSON_TYPE.test(request.get("content-type") ?? "")) return next();
  problem(response, 415, "content-type: application/json in UTF-8 is expected");
}

function turnAway(socket: Duplex, { message }: Refusal): void {
  const head = `HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8`;
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(message)}\r\n\r\n${message}`);
}
