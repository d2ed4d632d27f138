// The matrix at the end: case file × SDK × transport, and case file × engine, as passed/played. A name of two words tells the wire in place of gRPC.
import { Transport } from "./case-file.ts";
import type { Played } from "./known-failing.ts";
import { type Sdk, sdks } from "./sdks.ts";

/** Engines of the gateways that cases share. */
export const engines = ["memory", "sqlite"] as const;
export type Engine = (typeof engines)[number];

export interface Outcome extends Played {
  /** Absent = it was played in one process. */
  engine: Engine | undefined;
  /** known = it failed, as the list of gaps says; closed = the list says that it fails, yet it passed. */
  verdict: "passed" | "failed" | "known" | "closed";
  why?: string;
}

interface Column {
  title: string;
  holds(outcome: Outcome): boolean;
}

/** Rows of text. A play of several SDKs counts for each of them. */
export function matrix(outcomes: Outcome[]): string {
  const bySdk = sdks.flatMap((sdk) => Transport.options.map((transport) => sdkColumn(sdk, transport)));
  const byEngine = engines.map((engine) => ({ title: engine, holds: (o: Outcome) => o.engine === engine }));
  const columns = [...bySdk, ...byEngine].filter((column) => outcomes.some(column.holds));
  const files = [...new Set(outcomes.map(({ file }) => file))];
  const rows = files.map((file) => [
    file,
    ...columns.map(({ holds }) => cell(outcomes.filter((outcome) => outcome.file === file && holds(outcome)))),
  ]);
  return [["", ...columns.map(({ title }) => title)], ...rows]
    .map((row) => row.map((text, i) => text.padEnd(i === 0 ? 14 : 13)).join(""))
    .join("\n");
}

function sdkColumn(sdk: Sdk, transport: Transport): Column {
  return {
    title: sdk.includes(" ") ? sdk : `${sdk} ${transport}`,
    holds: (outcome) => outcome.transport === transport && outcome.cast.includes(sdk),
  };
}

function cell(played: Outcome[]): string {
  if (played.length === 0) return "–";
  const passed = played.filter(({ verdict }) => verdict === "passed" || verdict === "closed").length;
  const known = played.filter(({ verdict }) => verdict === "known").length;
  return `${passed}/${played.length}${known > 0 ? ` (${known} gap)` : ""}`;
}
