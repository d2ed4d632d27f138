// The signals that end a program, as Node tells of them.
import { isMainThread } from "node:worker_threads";
import { InvalidArgument } from "../errors.js";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** The longest that a timer waits, in milliseconds. */
const LONG = 2 ** 31 - 1;

/** Does `end` after the first signal; the second one ends the program at once. Meanwhile the program stays, whatever else it does. */
export async function untilTold(end: () => Promise<void>): Promise<void> {
  if (!isMainThread) {
    throw new InvalidArgument("run waits for signals, of which only the main thread hears; call it there");
  }
  let tell = () => {};
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  let ending = false;
  const heard = (signal: NodeJS.Signals) => {
    if (ending) endAtOnce(signal);
    ending = true;
    tell();
  };
  const staying = setInterval(() => {}, LONG);
  for (const each of SIGNALS) process.on(each, heard);
  try {
    await told;
    await end();
  } finally {
    clearInterval(staying);
    for (const each of SIGNALS) process.off(each, heard);
  }
}

/** As the signal does where nobody listens. */
function endAtOnce(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
