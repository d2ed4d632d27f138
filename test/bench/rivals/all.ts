// Who takes part, by the name that the programs are given.
import { berrymq } from "./berrymq.ts";
import { jetStream } from "./jetstream.ts";
import { redis } from "./redis.ts";
import type { Rival } from "./rival.ts";

export const rivals = {
  berrymq,
  jetstream: jetStream({ syncInterval: "2m", publishing: "each" }),
  "jetstream-batch": jetStream({ syncInterval: "2m", publishing: "batch" }),
  "jetstream-batch-always": jetStream({ syncInterval: "always", publishing: "batch" }),
  "redis-everysec": redis("everysec"),
  "redis-always": redis("always"),
} satisfies Record<string, Rival>;

export type RivalName = keyof typeof rivals;

export const rivalNames = Object.keys(rivals) as RivalName[];
