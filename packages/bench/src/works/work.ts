import type { CellOptions, ServerName } from "../cells/cell.js";
import type { CellName } from "../cells/registry.js";

/** How much is measured: in about two minutes, or everything. */
export type Form = "quick" | "full";

/** One row of a table. */
export interface WorkCell {
  /** Unique in its work. */
  readonly id: string;
  readonly title: string;
  /** `limit`: what the machine can do; `beatx`; `peer`: another scheduler. */
  readonly kind: "limit" | "beatx" | "peer";
  /** The program: a cell of this package, or a peer in Python. */
  readonly run: { readonly cell: CellName } | { readonly python: string };
  readonly options?: Partial<Omit<CellOptions, "servers">>;
  /** The cell reads a Redis store with so many entries, which was filled once. Default: the store is empty, or its own. */
  readonly filled?: number;
  /** Only in the first of the rounds: for peers that are far from the limit. */
  readonly once?: boolean;
}

/** A figure of a cell, or its relation to another cell of the same round. */
export interface Measure {
  readonly metric: string;
  /** The cell that it is divided by. */
  readonly against?: string;
  /** Turns the quotient over, so that a shorter time is a larger number. */
  readonly inverse?: boolean;
}

/** A column of a table. */
export interface Column extends Measure {
  readonly title: string;
}

/** What a work has to reach. */
export interface Target extends Measure {
  /** Unique in its work. */
  readonly says: string;
  readonly cell: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** `true`: the worst round counts, not the median. */
  readonly worst?: boolean;
}

/** One piece of work that is measured side by side. */
export interface Work {
  readonly name: string;
  readonly title: string;
  /** What happens, and how the figures are meant. */
  readonly about: string;
  readonly servers: readonly ServerName[];
  readonly rounds: number;
  /** The cells of a round, in their order. */
  readonly cells: readonly WorkCell[];
  /** The first one is drawn. */
  readonly columns: readonly Column[];
  readonly targets: readonly Target[];
  /** `false`: the quick form leaves it out unless `--only` names it. Default `true`. */
  readonly isQuick?: boolean;
}

/** 1,000 as "1k" and 1,000,000 as "1M". */
export function shortNumber(value: number): string {
  if (value % 1_000_000 === 0) return `${value / 1_000_000}M`;
  return value % 1_000 === 0 ? `${value / 1_000}k` : String(value);
}
