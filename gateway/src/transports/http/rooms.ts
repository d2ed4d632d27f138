// The rooms of the HTTP/1.1 door. A new one is added here.
import type { OpenRoom } from "./server.js";

/** In the order in which a request is offered to them. */
export const rooms: readonly OpenRoom[] = [];
