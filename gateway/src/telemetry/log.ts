// The gateway's log: structured lines on stderr, so that stdout stays for the one line that says it is ready.
import { destination, type Logger, pino } from "pino";

export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;

export function openLog(level: (typeof logLevels)[number]): Log {
  return pino({ name: "berrymq", level }, destination({ dest: 2, sync: true }));
}
