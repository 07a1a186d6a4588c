import { seeded } from "@beatx/test-servers/seeded";

/** Numbers that depend on the seed alone. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** One of the items, which are not none. */
  pick<T>(items: readonly T[]): T;
}

/** Draws from a seed. */
export function randomOf(seed: number): Random {
  const next = seeded(seed);
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return { next, between, pick: (items) => items[between(0, items.length - 1)]! };
}
