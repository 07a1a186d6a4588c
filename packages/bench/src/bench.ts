import { recordHead } from "@beatx/test-servers";
import type { WorkFigures } from "./figures/work-figures.js";
import type { BenchOptions } from "./options.js";
import { type Output, showProgress } from "./run/progress.js";
import { runWork } from "./run/run-work.js";

/** Runs the chosen works one after the other. `show` gets the figures of each as soon as they are complete. */
export async function bench(
  { works, rounds, command }: Pick<BenchOptions, "works" | "rounds" | "command">,
  output: Output,
  show: (figures: WorkFigures) => void,
): Promise<WorkFigures[]> {
  const roundsOf = (own: number): number => rounds ?? own;
  const total = works.reduce((sum, { cells, rounds: own }) => {
    const once = cells.filter((cell) => cell.once).length;
    return sum + once + (cells.length - once) * roundsOf(own);
  }, 0);
  const progress = showProgress(output, total);
  const all: WorkFigures[] = [];
  for (const work of works) {
    const figures = await runWork(work, roundsOf(work.rounds), recordHead(command), progress);
    show(figures);
    all.push(figures);
  }
  return all;
}
