// What decorators of this package may stand before, and what they say elsewhere.
import { InvalidArgument } from "./errors.js";
import { calledAt } from "./place.js";

/** Of what wraps functions, and decorates methods. @throws InvalidArgument */
export function checkWrapped(wrapper: string, wrapped: unknown, context: unknown): void {
  if (context !== undefined) checkMethod(wrapper, wrapped, context);
  else if (typeof wrapped !== "function") {
    throw new InvalidArgument(`${wrapper}("…") wraps a function, not ${String(wrapped)}${calledAt()}`);
  }
}

/** @throws InvalidArgument naming the thing and the way out */
export function checkMethod(decorator: string, decorated: unknown, context: unknown): void {
  const { kind, name } = (typeof context === "object" && context !== null ? context : {}) as Partial<DecoratorContext>;
  if (kind === "method" && typeof decorated === "function") return;
  const where = calledAt();
  if (context === undefined) {
    throw new InvalidArgument(`@${decorator} stands before methods; a function follows by followingFunction${where}`);
  }
  if (kind === undefined) {
    throw new InvalidArgument(
      `@${decorator}${where} is a standard decorator: leave "experimentalDecorators" out of tsconfig.json`,
    );
  }
  throw new InvalidArgument(`@${decorator} stands before methods; ${String(name)} is a ${kind}${where}`);
}
