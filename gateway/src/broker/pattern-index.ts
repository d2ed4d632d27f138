// Which targets' patterns meet an identifier, at a cost that does not depend on how many patterns there are.
// Patterns are filed by namespace, then by name and action both ways round, so that a wildcard on the publishing side finds its
// row as fast as a plain identifier finds its four cells.
import { type Identifier, RESERVED_NAME } from "../model/identifier.js";

type Row<T> = Map<string, Set<T>>;

/** What one namespace holds. */
class World<T> {
  readonly byName = new Map<string, Row<T>>();
  readonly byAction = new Map<string, Row<T>>();
}

export class PatternIndex<T> {
  #worlds = new Map<string, World<T>>();

  add(pattern: Identifier, target: T): void {
    const world = this.#worlds.get(pattern.namespace) ?? new World<T>();
    this.#worlds.set(pattern.namespace, world);
    file(world.byName, pattern.name, pattern.action, target);
    file(world.byAction, pattern.action, pattern.name, target);
  }

  remove(pattern: Identifier, target: T): void {
    const world = this.#worlds.get(pattern.namespace);
    if (world === undefined) return;
    unfile(world.byName, pattern.name, pattern.action, target);
    unfile(world.byAction, pattern.action, pattern.name, target);
    if (world.byName.size === 0) this.#worlds.delete(pattern.namespace);
  }

  /** Every target with a pattern that meets the identifier, once each. */
  find(identifier: Identifier): Set<T> {
    const found = new Set<T>();
    const world = this.#worlds.get(identifier.namespace);
    if (world === undefined) return found;
    if (identifier.name === "*") findAnyName(world, identifier.action, found);
    else findName(world, identifier, found);
    return found;
  }
}

function findName<T>(world: World<T>, { name, action }: Identifier, found: Set<T>): void {
  const rows = name === RESERVED_NAME ? [name] : [name, "*"];
  for (const row of rows) {
    const actions = world.byName.get(row);
    if (actions === undefined) continue;
    if (action === "*") for (const targets of actions.values()) addAll(found, targets);
    else {
      addAll(found, actions.get(action));
      addAll(found, actions.get("*"));
    }
  }
}

function findAnyName<T>(world: World<T>, action: string, found: Set<T>): void {
  const rows = action === "*" ? [...world.byAction.keys()] : [action, "*"];
  for (const row of rows) {
    for (const [name, targets] of world.byAction.get(row) ?? []) if (name !== RESERVED_NAME) addAll(found, targets);
  }
}

function addAll<T>(found: Set<T>, targets: Set<T> | undefined): void {
  if (targets !== undefined) for (const target of targets) found.add(target);
}

function file<T>(rows: Map<string, Row<T>>, one: string, other: string, target: T): void {
  const row = rows.get(one) ?? new Map<string, Set<T>>();
  const targets = row.get(other) ?? new Set<T>();
  rows.set(one, row.set(other, targets.add(target)));
}

function unfile<T>(rows: Map<string, Row<T>>, one: string, other: string, target: T): void {
  const row = rows.get(one);
  const targets = row?.get(other);
  if (row === undefined || targets === undefined) return;
  targets.delete(target);
  if (targets.size === 0) row.delete(other);
  if (row.size === 0) rows.delete(one);
}
