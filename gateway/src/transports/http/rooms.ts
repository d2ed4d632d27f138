// The rooms of the HTTP/1.1 door. A new one is added here.
import { berrymq03Room } from "../berrymq03/room.js";
import { openJsonRpc } from "../jsonrpc/room.js";
import { openRest } from "../rest/room.js";
import { restmqRoom } from "../restmq/room.js";
import { openSse } from "../sse/room.js";
import type { OpenRoom } from "./server.js";

/** In the order in which a request is offered to them. */
export const rooms: readonly OpenRoom[] = [berrymq03Room, openJsonRpc, openSse, openRest, restmqRoom];
