// What decorators of this package may stand before, and what they say elsewhere.
import { callerPlace } from "#platform";
import { InvalidArgument } from "./errors.js";

/** @throws InvalidArgument naming the thing and the way out */
export function checkMethod(decorator: string, decorated: unknown, context: unknown): void {
  const { kind, name } = (typeof context === "object" && context !== null ? context : {}) as Partial<DecoratorContext>;
  if (kind === "method" && typeof decorated === "function") return;
  const place = callerPlace();
  const where = place && ` (${place})`;
  if (kind === undefined) {
    throw new InvalidArgument(
      `@${decorator}${where} is a standard decorator: leave "experimentalDecorators" out of tsconfig.json`,
    );
  }
  throw new InvalidArgument(`@${decorator} stands before methods; ${String(name)} is a ${kind}${where}`);
}
