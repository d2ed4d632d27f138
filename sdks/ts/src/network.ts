// `showNetwork`: who sends what to whom in this process, as a diagram.
import { defaultBus } from "./default-bus.js";
import { InvalidArgument } from "./errors.js";
import type { Follower } from "./follower.js";
import { GatewayQueue } from "./gateway-queue.js";
import { type Identifier, matches, parseIdentifier } from "./identifier.js";
import { type Inside, inside } from "./inside.js";
import type { Target } from "./target.js";
import type { OnBus } from "./unfollow.js";

/** `pattern` is one that nobody has published to. */
type Kind = "place" | "identifier" | "pattern" | "follower" | "queue" | "stream";

interface Node {
  readonly kind: Kind;
  readonly label: string;
}

interface Edge {
  readonly from: Node;
  readonly to: Node;
  /** `""` = none. */
  readonly label: string;
}

export interface ShowNetworkOptions extends OnBus {
  /** `"dot"` (default) is Graphviz'. */
  readonly format?: "dot" | "mermaid" | undefined;
}

/**
 * A diagram of this process: places that published (`file:line`, the bus's ident where that is not known) → identifiers → handlers,
 * queues and streams, with their patterns. Equal programs give equal text.
 *
 * @throws InvalidArgument
 */
export function showNetwork({ format = "dot", bus = defaultBus }: ShowNetworkOptions = {}): string {
  const draw = { dot, mermaid }[format];
  if (draw === undefined) throw new InvalidArgument(`format is "dot" or "mermaid", not ${JSON.stringify(format)}`);
  const own = inside(bus);
  const edges = once([...sent(own, bus.ident), ...heard(own), ...worked(own)]);
  return draw(once(edges.flatMap(({ from, to }) => [from, to])), edges);
}

function sent({ publisher }: Inside, ident: string): Edge[] {
  return [...publisher.published].flatMap(([{ text }, places]) =>
    [...places].map((place) => ({
      from: { kind: "place", label: place || ident },
      to: { kind: "identifier", label: text },
      label: "",
    })),
  );
}

function heard({ publisher, followers, works, queues }: Inside): Edge[] {
  const published = [...publisher.published].map(([identifier]) => identifier);
  const there = [...queues.values()].filter((keeper) => keeper instanceof GatewayQueue);
  return [
    ...followers.all().map((each) => [nodeOf(each), each.patterns] as const),
    ...there.map(({ name, patterns }) => [queueNode(name), patterns.map(parseIdentifier)] as const),
    ...works.list().map(({ queue, pattern }) => [queueNode(queue), [pattern]] as const),
  ].flatMap(([node, patterns]) => patterns.flatMap((pattern) => reaching(published, node, pattern)));
}

function reaching(published: readonly Identifier[], to: Node, pattern: Identifier): Edge[] {
  const met = published.filter((each) => matches(pattern, each));
  const from: Node[] = met.map(({ text }) => ({ kind: "identifier", label: text }));
  if (from.length === 0) from.push({ kind: "pattern", label: pattern.text });
  return from.map((each) => ({ from: each, to, label: pattern.text }));
}

/** Handlers that are fed from queues. */
function worked({ works }: Inside): Edge[] {
  return works.list().map(({ queue, target }) => ({ from: queueNode(queue), to: handlerNode(target), label: "" }));
}

function nodeOf(follower: Follower): Node {
  if (!follower.listens) return handlerNode(follower.target);
  return follower.keeps ? queueNode(follower.title) : { kind: "stream", label: `stream ${follower.title}`.trim() };
}

function handlerNode({ name, place }: Target): Node {
  return { kind: "follower", label: `${name} ${place}`.trim() };
}

/** One that was given no name is called by its pattern. */
function queueNode(name: string): Node {
  return { kind: "queue", label: `queue ${name.replace(/#[\w-]{12}$/, "")}` };
}

/** Each once, sorted. */
function once<T>(all: readonly T[]): T[] {
  const texts = new Map(all.map((each) => [JSON.stringify(each), each]));
  return [...texts.keys()].sort().map((text) => texts.get(text)!);
}

function dot(nodes: readonly Node[], edges: readonly Edge[]): string {
  const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
  const lines = nodes.map(({ kind, label }, index) => `n${index + 1} [label=${quoted(label)}, ${DOT[kind]}];`);
  const arrows = edges.map(({ from, to, label }) => {
    const labelled = label && ` [label=${quoted(label)}]`;
    return `${numbered(nodes, from)} -> ${numbered(nodes, to)}${labelled};`;
  });
  return `digraph berrymq {\n${["rankdir=LR;", ...lines, ...arrows].map((line) => `  ${line}\n`).join("")}}\n`;
}

function mermaid(nodes: readonly Node[], edges: readonly Edge[]): string {
  // What is special in its labels is written by number.
  const quoted = (text: string) => `"${text.replace(/[#&<>"`|]/g, (letter) => `#${letter.charCodeAt(0)};`)}"`;
  const lines = nodes.map(
    ({ kind, label }, index) => `n${index + 1}${MERMAID[kind].replace("_", () => quoted(label))}`,
  );
  const arrows = edges.map(({ from, to, label }) => {
    const labelled = label && `|${quoted(label)}|`;
    return `${numbered(nodes, from)} -->${labelled} ${numbered(nodes, to)}`;
  });
  return `flowchart LR\n${[...lines, ...arrows].map((line) => `  ${line}\n`).join("")}`;
}

function numbered(nodes: readonly Node[], node: Node): string {
  return `n${nodes.findIndex(({ kind, label }) => kind === node.kind && label === node.label) + 1}`;
}

const DOT: Record<Kind, string> = {
  place: "shape=box",
  identifier: "shape=ellipse",
  pattern: "shape=ellipse, style=dashed",
  follower: 'shape=box, style="rounded"',
  queue: "shape=cylinder",
  stream: "shape=cds",
};

const MERMAID: Record<Kind, string> = {
  place: "[_]",
  identifier: "([_])",
  pattern: "([_]):::pattern",
  follower: "(_)",
  queue: "[(_)]",
  stream: ">_]",
};
