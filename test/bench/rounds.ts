// Taking turns, so that a moment in which the machine is busy with something else falls on everybody; and the median of it.

export const ROUNDS = 3;

/** Measures each of `names` once a round, `ROUNDS` rounds; what came out, in order, by name. */
export async function inTurns<Name extends string, T>(
  names: readonly Name[],
  measure: (name: Name) => Promise<T>,
): Promise<Record<Name, T[]>> {
  const results = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<Name, T[]>;
  for (let round = 1; round <= ROUNDS; round++) {
    for (const name of names) {
      process.stderr.write(`round ${round} of ${ROUNDS}: ${name}\n`);
      results[name].push(await measure(name));
    }
  }
  return results;
}

export function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}
