// RestMQ's routes. A path that ends in `/` is a prefix, and the rest of the path is the queue's name, slashes and all.
import { takeFromCollectd } from "./collectd.js";
import { comet } from "./comet.js";
import { runCommand, toHelp } from "./json-protocol.js";
import { showPage } from "./pages.js";
import { addToNamed, addToPath, forgetAll, takeFromNamed, takeFromPath, toDashboard } from "./queues.js";
import { setFlow, setPolicy, showFlow, showPolicy } from "./settings.js";
import { serverSentEvents } from "./sse.js";
import { showJobs, showStats } from "./stats.js";
import type { Visit } from "./visit.js";
import { noUpgrade } from "./websocket.js";
import { xmlRpc } from "./xmlrpc.js";

export type Handler = (visit: Visit) => Promise<void>;
export type Methods = Readonly<Partial<Record<string, Handler>>>;

const queueMethods: Methods = { GET: takeFromPath, POST: addToPath, DELETE: forgetAll };

const prefixes: readonly (readonly [prefix: string, Methods])[] = [
  ["/q/", queueMethods],
  ["/c/", { GET: comet }],
  ["/p/", { GET: showPolicy, POST: setPolicy }],
  ["/j/", { GET: showJobs }],
  ["/stats/", { GET: showStats }],
  ["/control/", { GET: showFlow, POST: setFlow }],
  ["/queue/", { GET: toHelp, POST: runCommand }],
  ["/ws/", { GET: noUpgrade }],
  ["/sse/", { GET: serverSentEvents }],
  ["/collectd/", { ...queueMethods, POST: takeFromCollectd }],
  ["/static/", { GET: showPage }],
];

const paths = new Map<string, Methods>([
  ["/queue", { GET: toHelp, POST: runCommand }],
  ["/xmlrpc", { POST: xmlRpc }],
  // Its documents left the slash out.
  ["/stats", { GET: showStats }],
]);

/** Routes that are none without their slash, which RestMQ's clients know as 404. */
const bare = new Set(prefixes.map(([prefix]) => prefix.slice(0, -1)).filter((path) => !paths.has(path)));

/** What `/` does depends on who asks; undefined = it is not for this door. */
export function frontMethods(method: string, named: boolean, browser: boolean): Handler | undefined {
  if (method === "POST") return addToNamed;
  if (method !== "GET") return undefined;
  if (named) return takeFromNamed;
  return browser ? toDashboard : undefined;
}

/** The route of a path and its prefix; `missing` = RestMQ has none there; undefined = the path is not this door's. */
export function findRoute(path: string): { prefix: string; methods: Methods } | "missing" | undefined {
  const methods = paths.get(path);
  if (methods !== undefined) return { prefix: path, methods };
  const found = prefixes.find(([prefix]) => path.startsWith(prefix));
  if (found !== undefined) return { prefix: found[0], methods: found[1] };
  return bare.has(path) ? "missing" : undefined;
}
