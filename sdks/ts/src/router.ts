// Finds whom a message reaches: at a cost that depends on how many that are, not on how many patterns there are.
import { type Identifier, matches } from "./identifier.js";

/** Something that was registered under a pattern, or several: whichever of them it meets, a message reaches it once. */
export interface Routed {
  readonly patterns: readonly Identifier[];
}

/** Identifiers whose followers are remembered. Bounded: when it is full it begins anew. */
const ROUTES_AT_MOST = 10_000;

/**
 * Patterns → followers, in the order of their registration.
 *
 * A follower stands in four sets of its namespace: its exact pattern, everything of its name, everything of its action,
 * everything. A wildcard published looks into the wide sets, a plain identifier into four exact ones.
 */
export class Router<T extends Routed> {
  private readonly order = new Map<T, number>();
  private readonly sets = new Map<string, Set<T>>();
  private readonly routes = new Map<string, readonly T[]>();
  private sequence = 0;

  add(follower: T): void {
    this.order.set(follower, this.sequence++);
    for (const key of follower.patterns.flatMap(keysOf)) {
      const set = this.sets.get(key);
      if (set) set.add(follower);
      else this.sets.set(key, new Set([follower]));
    }
    this.routes.clear();
  }

  /** False = it was not there. */
  remove(follower: T): boolean {
    if (!this.order.delete(follower)) return false;
    for (const key of follower.patterns.flatMap(keysOf)) {
      const set = this.sets.get(key);
      set?.delete(follower);
      if (set?.size === 0) this.sets.delete(key);
    }
    this.routes.clear();
    return true;
  }

  /** Whom a message to `identifier` reaches. The array is shared: it is replaced, never changed. */
  match(identifier: Identifier): readonly T[] {
    const known = this.routes.get(identifier.text);
    if (known !== undefined) return known;
    const reached = [...new Set(this.search(identifier))].sort(
      (one, other) => this.order.get(one)! - this.order.get(other)!,
    );
    if (this.routes.size >= ROUTES_AT_MOST) this.routes.clear();
    this.routes.set(identifier.text, reached);
    return reached;
  }

  /** Everybody, in order of registration. */
  all(): readonly T[] {
    return [...this.order.keys()];
  }

  private search(identifier: Identifier): T[] {
    const { namespace, name, action, reserved } = identifier;
    // A wildcard name and the reserved name never meet, whichever side they are on.
    if (name === "*") {
      return this.wide(namespace, action).filter(({ patterns }) => patterns.some((each) => matches(each, identifier)));
    }
    const names = reserved ? [name] : [name, "*"];
    if (action === "*") return names.flatMap((each) => this.set(byName(namespace, each)));
    return names.flatMap((each) => [
      ...this.set(exact(namespace, each, action)),
      ...this.set(exact(namespace, each, "*")),
    ]);
  }

  private wide(namespace: string, action: string): T[] {
    if (action === "*") return this.set(everything(namespace));
    return [...this.set(byAction(namespace, action)), ...this.set(byAction(namespace, "*"))];
  }

  private set(key: string): T[] {
    return [...(this.sets.get(key) ?? [])];
  }
}

// Parts hold no control characters, so a line feed keeps the keys apart.
const exact = (namespace: string, name: string, action: string) => `e\n${namespace}\n${name}\n${action}`;
const byName = (namespace: string, name: string) => `n\n${namespace}\n${name}`;
const byAction = (namespace: string, action: string) => `a\n${namespace}\n${action}`;
const everything = (namespace: string) => `*\n${namespace}`;

function keysOf({ namespace, name, action }: Identifier): string[] {
  return [exact(namespace, name, action), byName(namespace, name), byAction(namespace, action), everything(namespace)];
}
