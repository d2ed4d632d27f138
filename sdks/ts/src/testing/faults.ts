// What may go wrong within what is promised, at random, and the same again with the same seed.
import { InvalidArgument } from "../errors.js";

/** Probabilities, from 0 to 1. What is absent is 0. */
export interface Faults {
  /** That a live follower does not hear a message. */
  readonly drop?: number | undefined;
  /** That a queue hands a delivery out once more after it was acknowledged. */
  readonly duplicate?: number | undefined;
  /** That a queue hands a message out after its successor. */
  readonly reorder?: number | undefined;
}

const NONE: Required<Faults> = { drop: 0, duplicate: 0, reorder: 0 };

export class Mischief {
  private readonly random: () => number;
  private chances = NONE;

  constructor(seed: number) {
    this.random = randomBy(seed);
  }

  /** @throws InvalidArgument */
  set(faults: Faults): void {
    const chances = { ...NONE };
    for (const [name, chance = 0] of Object.entries(faults)) {
      if (!(name in NONE)) throw new InvalidArgument(`a fault is drop, duplicate or reorder, not ${name}`);
      if (!(chance >= 0 && chance <= 1))
        throw new InvalidArgument(`${name} is a probability from 0 to 1, not ${chance}`);
      chances[name as keyof Faults] = chance;
    }
    this.chances = chances;
  }

  get on(): boolean {
    return Object.values(this.chances).some((chance) => chance > 0);
  }

  happens(fault: keyof Faults): boolean {
    const chance = this.chances[fault];
    return chance > 0 && this.random() < chance;
  }
}

/** @param written how whoever gave it wrote it. @throws InvalidArgument */
export function checkedSeed(seed: number, written = String(seed)): number {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new InvalidArgument(`a seed is a whole number from 0 to ${2 ** 32 - 1}, not ${written}`);
}

export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

/** The generator mulberry32. */
function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
