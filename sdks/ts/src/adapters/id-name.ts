// The name under which an adapter publishes.
import { ReservedIdentifier } from "../errors.js";
import { parseIdentifier, RESERVED_NAME } from "../identifier.js";

/** Refuses at once what every publish would refuse. @throws InvalidIdentifier, ReservedIdentifier */
export function checkIdName(idName: string, action: string): void {
  if (!parseIdentifier(`${idName}:${action}`).reserved) return;
  throw new ReservedIdentifier(`${idName}:${action}: the name ${RESERVED_NAME} belongs to the system`);
}
