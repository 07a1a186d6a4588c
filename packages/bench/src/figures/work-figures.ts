import type { RecordHead } from "@beatx/test-servers";
import type { Spread } from "../base/statistics.js";
import type { CellResult } from "../cells/cell.js";
import type { WorkCell } from "../works/work.js";

/** What a cell gave in one round. */
export type Outcome = CellResult | { readonly error: string };

/** One round: an outcome for each cell that ran, by its id. */
export type Round = Readonly<Record<string, Outcome>>;

/** A row of the table. */
export interface RowFigures extends Pick<WorkCell, "id" | "title" | "kind"> {
  /** Rounds with an outcome. */
  readonly rounds: number;
  /** For each column. `null`: the cell has no such figure. */
  readonly figures: readonly (Spread | null)[];
  /** Calls of Redis commands for each message, in the last round. */
  readonly commands: Readonly<Record<string, number>>;
  /** Why a round failed. */
  readonly problem?: string;
}

/** A target with what was found. */
export interface TargetFigures {
  readonly says: string;
  readonly found: Spread | null;
  /** `null`: not measured. */
  readonly isMet: boolean | null;
}

/** The figures of one work: what `--record` writes to `docs/performance/<work>.json`. */
export interface WorkFigures extends RecordHead {
  readonly work: string;
  readonly title: string;
  readonly about: string;
  /** Processes that wanted to run while it was measured, on average; above `cpus` the machine was busy. */
  readonly load: number;
  readonly columns: readonly string[];
  readonly rows: readonly RowFigures[];
  readonly targets: readonly TargetFigures[];
}
