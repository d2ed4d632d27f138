// What a room of the HTTP/1.1 door is: routes, and the paths at which it takes a connection over for WebSocket.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Router } from "express";
import type { Config } from "../../config.js";
import type { Services } from "../../service/services.js";
import type { Log } from "../../telemetry/log.js";
import type { Contract } from "../contract/contract.js";
import type { Subscriptions } from "../json/subscriptions.js";
import type { OpenStreams } from "../open-streams.js";

/** What rooms are built with. */
export interface RoomContext {
  readonly services: Services;
  readonly contract: Contract;
  readonly config: Config;
  readonly log: Log;
  /** Every answer that stays open is added here, so that a drain can tell it, and wait for its end. */
  readonly streams: OpenStreams;
  /** What clients follow and consume in JSON, by whichever room they opened it. */
  readonly subscriptions: Subscriptions;
}

export interface Room {
  /** Hands on (`next()`) what is not its own. */
  readonly routes: Router;
  /** Takes an upgrade over; false = it is not this room's. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Lets go of what it keeps beyond a request. */
  close?(): void;
}
