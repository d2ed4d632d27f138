// How the gateway is told what to be: options of the command line, environment variables, a file, defaults, in that order of precedence.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { z } from "zod";
import { limitsSchema } from "./limits.js";
import { StartError } from "./model/errors.js";
import { logLevels } from "./telemetry/log.js";

/** Engines that stand today. */
export const engineNames = ["memory", "sqlite"] as const;

/** What a commit of the sqlite engine waits for: `full` survives a power cut, `normal` the end of the process only. */
export const synchronousModes = ["full", "normal"] as const;

const ORIGIN = /^(\*|null|[a-z][a-z0-9+.-]*:\/\/[^/\s]+)$/;
const PORT = z.number().int().min(0).max(65_535);

/** In a file a list; elsewhere a text with commas. */
const list = (each: z.ZodString) =>
  z
    .union([z.array(z.string()), z.string().transform((text) => text.split(",").map((part) => part.trim()))])
    .pipe(z.array(each))
    .default([]);

const schema = z.strictObject({
  host: z.string().min(1).default("127.0.0.1"),
  port: z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
    .pipe(PORT)
    .default(7201),
  engine: z.enum(engineNames).default("sqlite"),
  data: z.string().min(1).default("berrymq-data"),
  synchronous: z.enum(synchronousModes).default("full"),
  logLevel: z.enum(logLevels).default("info"),
  /** Web pages of other origins that may speak to the gateway, such as `https://shop.example`; `*` = every one. */
  origins: list(z.string().regex(ORIGIN, "Give an origin such as https://shop.example, or *.")),
  /** Networks beside this machine that the gateway calls back when a berryMQ 0.3 program asks it to (`interconnect`), such as `10.1.0.0/16`. */
  interconnectTargets: list(z.string().refine(isNetwork, "Give a network such as 10.1.0.0/16 or fd00::/8.")),
  limits: limitsSchema.default(limitsSchema.parse({})),
});

export type Config = z.infer<typeof schema>;

/** Each setting's environment variable. */
const variables = {
  host: "BERRYMQ_HOST",
  port: "BERRYMQ_PORT",
  engine: "BERRYMQ_ENGINE",
  data: "BERRYMQ_DATA",
  synchronous: "BERRYMQ_SYNCHRONOUS",
  logLevel: "BERRYMQ_LOG_LEVEL",
  origins: "BERRYMQ_ORIGINS",
  interconnectTargets: "BERRYMQ_INTERCONNECT_TARGETS",
} as const;

/** A setting that cannot be; its message is for the person who starts the gateway. */
export class ConfigError extends StartError {
  override readonly name = "ConfigError";
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/**
 * The configuration from all its sources.
 *
 * @param options what the command line said; undefined where it said nothing
 * @throws ConfigError naming the setting, the value and what is allowed
 */
export function readConfig(options: Record<string, unknown>, file: string | undefined, env: NodeJS.ProcessEnv): Config {
  const fromEnv = Object.fromEntries(Object.entries(variables).map(([key, name]) => [key, env[name]]));
  const merged = { ...readFile(file ?? env.BERRYMQ_CONFIG), ...defined(fromEnv), ...defined(options) };
  const parsed = schema.safeParse(merged, { reportInput: true });
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map(explain).join("; "));
  checkHost(parsed.data.host);
  return parsed.data;
}

/** CIDR: an address, a slash, and the number of its bits that count. */
function isNetwork(text: string): boolean {
  const [, address = "", bits = ""] = text.match(/^([^/%]+)\/(\d{1,3})$/) ?? [];
  return isIP(address) !== 0 && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
}

function readFile(path: string | undefined): Record<string, unknown> {
  if (path === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    return z.record(z.string(), z.unknown()).parse(parsed);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`the configuration file ${path} cannot be read as a JSON object: ${why}`);
  }
}

function defined(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function explain(issue: z.core.$ZodIssue): string {
  const name = issue.path.join(".") || "configuration";
  return issue.code === "unrecognized_keys"
    ? `${name}: ${issue.message}`
    : `${name}: ${JSON.stringify(issue.input)} will not do. ${issue.message}`;
}

/** Without credentials, which this release has none of, everybody who reaches the port may do everything. */
function checkHost(host: string): void {
  if (LOOPBACK.test(host)) return;
  throw new ConfigError(
    `host: ${host} is not this machine alone, and there are no credentials yet; use 127.0.0.1, ::1 or localhost`,
  );
}
