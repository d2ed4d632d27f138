// The command `berrymq`.
import { Command, Option } from "commander";
import { engineNames, readConfig, synchronousModes } from "./config.js";
import { StartError } from "./model/errors.js";
import { Gateway } from "./server.js";
import { logLevels, openLog } from "./telemetry/log.js";
import { version } from "./version.js";

const program = new Command("berrymq")
  .description("The programmer-friendly, cross-language message queue")
  .version(version);

program
  .command("serve")
  .description("start a gateway; SIGTERM or SIGINT drains it and ends it")
  .option(
    "--host <address>",
    "address to bind; this machine alone, as long as there are no credentials (default: 127.0.0.1)",
  )
  .option("--port <number>", "port for every protocol; 0 takes a free one (default: 7201)")
  .addOption(new Option("--engine <name>", "where messages are kept (default: sqlite)").choices(engineNames))
  .option("--data <directory>", "where the sqlite engine keeps its file (default: berrymq-data)")
  .addOption(
    new Option(
      "--synchronous <mode>",
      "what a commit of the sqlite engine survives: full = a power cut, normal = the end of the process (default: full)",
    ).choices(synchronousModes),
  )
  .addOption(new Option("--log-level <level>", "what is logged, to stderr (default: info)").choices(logLevels))
  .option(
    "--origins <list>",
    "web pages that may speak to the gateway, such as https://shop.example; * = all (default: none)",
  )
  .option(
    "--interconnect-targets <list>",
    "networks beside this machine that berryMQ 0.3 programs may be called back in, such as 10.1.0.0/16 (default: none)",
  )
  .option("--config <file>", "JSON file with the same settings and `limits`")
  .addHelpText(
    "after",
    "\nEach option is also an environment variable: BERRYMQ_HOST, BERRYMQ_PORT, BERRYMQ_ENGINE, BERRYMQ_DATA, BERRYMQ_SYNCHRONOUS, BERRYMQ_LOG_LEVEL, BERRYMQ_ORIGINS, BERRYMQ_INTERCONNECT_TARGETS, BERRYMQ_CONFIG.",
  )
  .action(({ config, ...options }: Record<string, string | undefined>) => serve(options, config));

async function serve(options: Record<string, unknown>, file: string | undefined): Promise<void> {
  const config = readConfig(options, file, process.env);
  const log = openLog(config.logLevel);
  const gateway = new Gateway(config, log);
  const port = await gateway.open();
  process.stdout.write(`berryMQ listening on ${config.host}:${port}\n`);
  const stop = () => void gateway.close().then(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

/** What the person at the terminal can do something about is said in one line; the rest is a fault of ours and keeps its stack. */
function report(error: unknown): void {
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (error instanceof StartError) process.stderr.write(`berrymq: ${error.message}\n`);
  else if (code === "EADDRINUSE") {
    process.stderr.write(`berrymq: ${address}:${port} is in use; choose another --port, or 0 for a free one\n`);
  } else if (code === "EACCES" || code === "EADDRNOTAVAIL") {
    process.stderr.write(`berrymq: ${address}:${port} cannot be bound (${code}); choose another --host or --port\n`);
  } else process.stderr.write(`berrymq: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}

program.parseAsync().catch(report);
