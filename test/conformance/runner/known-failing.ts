// The list of gaps that are known, each with its reason. It must stay true: a gap that passes fails the run.
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import type { Transport } from "./case-file.ts";
import type { Sdk } from "./sdks.ts";

const Gap = z.strictObject({
  file: z.string(),
  case: z.string(),
  /** The SDK in any role. Absent = every SDK. */
  sdk: z.string().optional(),
  /** Absent = every transport. */
  transport: z.string().optional(),
  reason: z.string().min(10),
});

export interface Played {
  file: string;
  name: string;
  cast: Sdk[];
  transport: Transport;
}

export class KnownFailing {
  readonly #gaps: z.infer<typeof Gap>[];

  constructor(path: string) {
    this.#gaps = z.array(Gap).parse(parse(readFileSync(path, "utf8")) ?? []);
  }

  /** Why this play is known to fail; undefined when it must pass. */
  reason({ file, name, cast, transport }: Played): string | undefined {
    return this.#gaps.find(
      (gap) =>
        gap.file === file &&
        gap.case === name &&
        (gap.sdk === undefined || cast.includes(gap.sdk as Sdk)) &&
        (gap.transport === undefined || gap.transport === transport),
    )?.reason;
  }
}
