// Identifiers as the broker reads them: the rules are the SDK's, which are every language's; the refusal is the gateway's.
import { type Identifier, IdentifierSyntaxError, parseIdentifier } from "berrymq/identifier";
import { Refusal } from "./errors.js";

export { type Identifier, matches, RESERVED_NAME } from "berrymq/identifier";

/** @throws Refusal INVALID_IDENTIFIER, quoting the offending part. */
export function readIdentifier(text: string): Identifier {
  try {
    return parseIdentifier(text);
  } catch (error) {
    if (error instanceof IdentifierSyntaxError) throw new Refusal("INVALID_IDENTIFIER", error.message);
    throw error;
  }
}

/**
 * Reads an identifier that a client wants to publish to.
 *
 * @throws Refusal INVALID_IDENTIFIER, or RESERVED_IDENTIFIER for the system's own name.
 */
export function readTarget(text: string): Identifier {
  const identifier = readIdentifier(text);
  if (identifier.reserved) {
    throw new Refusal(
      "RESERVED_IDENTIFIER",
      `"${text}" is the system's own; publish under a name other than "berrymq"`,
    );
  }
  return identifier;
}
