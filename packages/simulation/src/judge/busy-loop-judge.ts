import type { CursorMove, MoveResult } from "@beatx/core/adapter";

import type { Process } from "../world/machine.js";
import type { Circumstances } from "./judge-base.js";

/** So many refused moves of one entry from one cursor within `WITHIN_MS` are a loop without a pause. */
const MOST = 12;
const WITHIN_MS = 100;

interface Series {
  readonly from: string | null;
  readonly since: number;
  count: number;
}

/** Judges whether a move that was refused is repeated again and again without a pause (I5). */
export class BusyLoopJudge {
  readonly #world: Circumstances;
  readonly #series = new WeakMap<Process, Map<string, Series>>();

  constructor(world: Circumstances) {
    this.#world = world;
  }

  onAnswer(process: Process, moves: readonly CursorMove[], results: readonly MoveResult[]): void {
    const series = this.#series.get(process) ?? new Map<string, Series>();
    this.#series.set(process, series);
    moves.forEach(({ name, from }, index) => {
      const known = series.get(name);
      const now = this.#world.nowMs;
      if (results[index]!.status === "done") series.delete(name);
      else if (!known || known.from !== from || now - known.since > WITHIN_MS) {
        series.set(name, { from, since: now, count: 1 });
      } else if (++known.count > MOST) {
        const what = `${process.machine.name} repeated a refused move of ${name} ${MOST} times within ${WITHIN_MS} ms`;
        this.#world.violate("I5", what);
      }
    });
  }
}
