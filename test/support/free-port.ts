// A port for a server that is started again on it: below the range that the system gives to clients, so that nobody's connection has it meanwhile.
import { once } from "node:events";
import { createServer } from "node:net";

const FIRST = 20_000;
const COUNT = 12_000;
const TRIES = 100;

/** A port of 127.0.0.1 that nobody listens on now. @throws when none was found */
export async function freePort(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const server = createServer();
    try {
      await once(server.listen(port, "127.0.0.1"), "listening");
      return port;
    } catch {
      // Somebody listens there.
    } finally {
      server.close();
    }
  }
  throw new Error(`no free port was found in ${TRIES} tries`);
}
