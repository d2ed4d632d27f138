// The OpenAPI 3.1 document of REST (https://spec.openapis.org/oas/v3.1.0), made from the contract's descriptions and the table of routes.
import { version } from "../../../version.js";
import { commentOf } from "../../json/comments.js";
import { serviceNamed } from "../../json/descriptors.js";
import { schemasOf } from "../../json/schema.js";
import { routes } from "../routes.js";
import { byHand } from "./by-hand.js";
import { operationOf } from "./operation.js";
import { callers, ownSchemas, SCHEMAS } from "./parts.js";

type PathItem = Record<string, object>;

export function openApiDocument(): object {
  const services = ["PublisherService", "FollowerService", "QueueService", "TalkService"];
  return {
    openapi: "3.1.0",
    info: {
      title: "berryMQ",
      version,
      description: "The programmer-friendly, cross-language message queue, as plain REST.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: services.map((name) => ({
      name: name.replace("Service", ""),
      description: commentOf(serviceNamed(name)),
    })),
    paths: paths(),
    components: { parameters: callers, schemas: { ...schemasOf(SCHEMAS), ...ownSchemas } },
  };
}

function paths(): Record<string, PathItem> {
  const found: Record<string, PathItem> = {};
  for (const route of routes) {
    found[route.path] = { ...found[route.path], [route.verb.toLowerCase()]: operationOf(route) };
  }
  return { ...found, ...byHand };
}

/** What `GET /v1` answers: where the description is, and every route with a sentence. */
export function index(): object {
  const operations = Object.entries(paths()).flatMap(([path, item]) =>
    Object.entries(item).map(([verb, operation]) => [
      `${verb.toUpperCase()} ${path}`,
      (operation as { summary: string }).summary,
    ]),
  );
  return { openapi: "/v1/openapi.json", routes: Object.fromEntries(operations) };
}
