// The matrix at the end: case file × SDK × transport, as passed/played. A name of two words tells the wire in place of gRPC.
import { Transport } from "./case-file.ts";
import type { Played } from "./known-failing.ts";
import { type Sdk, sdks } from "./sdks.ts";

export interface Outcome extends Played {
  /** known = it failed, as the list of gaps says; closed = the list says that it fails, yet it passed. */
  verdict: "passed" | "failed" | "known" | "closed";
  why?: string;
}

/** Rows of text. A play of several SDKs counts for each of them. */
export function matrix(outcomes: Outcome[]): string {
  const columns = sdks
    .flatMap((sdk) => Transport.options.map((transport) => ({ sdk, transport })))
    .filter(({ sdk, transport }) => outcomes.some((o) => o.transport === transport && o.cast.includes(sdk)));
  const head = ["", ...columns.map(({ sdk, transport }) => (sdk.includes(" ") ? sdk : `${sdk} ${transport}`))];
  const files = [...new Set(outcomes.map(({ file }) => file))];
  const rows = files.map((file) => [
    file,
    ...columns.map(({ sdk, transport }) => cell(outcomes, file, sdk, transport)),
  ]);
  return [head, ...rows].map((row) => row.map((text, i) => text.padEnd(i === 0 ? 14 : 13)).join("")).join("\n");
}

function cell(outcomes: Outcome[], file: string, sdk: Sdk, transport: Transport): string {
  const played = outcomes.filter((o) => o.file === file && o.transport === transport && o.cast.includes(sdk));
  if (played.length === 0) return "–";
  const passed = played.filter(({ verdict }) => verdict === "passed" || verdict === "closed").length;
  const known = played.filter(({ verdict }) => verdict === "known").length;
  return `${passed}/${played.length}${known > 0 ? ` (${known} gap)` : ""}`;
}
