// The door of server-sent events: GET /v1/follow and GET /v1/queues/{queue}/consume.
import { type Request, type Response, Router } from "express";
import { toRefusal } from "../../model/errors.js";
import { problem } from "../http/problem.js";
import type { Room, RoomContext } from "../http/room.js";
import { streamNamed } from "../json/streams.js";
import { SseAnswer, sendHead } from "./answer.js";
import { Consumes } from "./consumes.js";
import { Follows } from "./follows.js";
import { consumePage, followPage } from "./pages.js";

const FOLLOW = "/v1/follow";
const CONSUME = "/v1/queues/:queue/consume";

export function openSse(context: RoomContext): Room {
  const { contract, config, log } = context;
  const refusalOf = (error: unknown) => toRefusal(error, (cause) => log.error({ err: cause }, "a call failed"));
  const follows = new Follows(context, streamNamed("follow", contract), refusalOf);
  const consumes = new Consumes(context, streamNamed("consume", contract), refusalOf);
  const answerOf = (response: Response) => () => new SseAnswer(response, config.limits.unsentBytes);

  const routes = Router();
  routes.get(FOLLOW, async (request, response) => {
    const page = followPage(request);
    if (request.method === "HEAD") return headOnly(response);
    await follows.open(page, request.get("last-event-id"), answerOf(response));
  });
  routes.get(CONSUME, async (request, response) => {
    const page = consumePage(request);
    if (request.method === "HEAD") return headOnly(response);
    await consumes.open(page, answerOf(response));
  });
  for (const path of [FOLLOW, CONSUME]) routes.all(path, onlyGet);
  return { routes };
}

/** Nothing is opened for whoever only looks. */
function headOnly(response: Response): void {
  sendHead(response);
  response.end();
}

function onlyGet(request: Request, response: Response): void {
  response.set("allow", "GET, HEAD, OPTIONS");
  if (request.method === "OPTIONS") return void response.status(204).end();
  problem(response, 405, `${request.method} is not for this page; GET is`);
}
