// Chooses the protocol by the address, and loads no other.
import { locate, openers } from "#platform";
import { readUrl } from "./scheme.js";
import type { Caller, Connection } from "./transport.js";

/** @throws InvalidArgument, NotSupported when the address cannot be read */
export async function openConnection(url: string, caller: Caller): Promise<Connection> {
  const { scheme, host } = readUrl(locate(url), Object.keys(openers));
  return openers[scheme]!(host, caller);
}
