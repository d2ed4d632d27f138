// The conformance driver: one JSON command per line on stdin, one JSON answer per line on stdout, in order.
import { createInterface } from "node:readline";
import { commands } from "./conformance/commands.js";
import { ofError, readLine, writeLine } from "./conformance/values.js";

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== "") process.stdout.write(writeLine(await answer(line)));
}
await commands.close!({});

async function answer(line: string): Promise<unknown> {
  try {
    const command = readLine(line);
    const act = commands[String(command.do)];
    if (act === undefined) throw new Error(`there is no command ${String(command.do)}`);
    return { ok: await act(command) };
  } catch (error) {
    return { error: ofError(error) };
  }
}
