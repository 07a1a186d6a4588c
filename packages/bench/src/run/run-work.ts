import { loadavg } from "node:os";
import type { RecordHead } from "@beatx/test-servers";
import type { Outcome, Round, WorkFigures } from "../figures/work-figures.js";
import { summarise } from "../figures/summarise.js";
import type { Work, WorkCell } from "../works/work.js";
import { findPython, type Python, runPython } from "./python.js";
import { runCell } from "./run-cell.js";
import { Servers } from "./servers.js";

/** What a run tells while it goes on. */
export interface Progress {
  /** Before a cell. `round` counts from 1. */
  begin(work: Work, round: number, cell: WorkCell): void;
  /** After it. */
  end(outcome: Outcome): void;
  /** Something that the reader should know, once. */
  note(text: string): void;
}

/** Runs all rounds of a work. `rounds`: instead of the number of the work. */
export async function runWork(work: Work, rounds: number, head: RecordHead, progress: Progress): Promise<WorkFigures> {
  const servers = await Servers.start(work);
  const python = await pythonFor(work, progress);
  const done: Round[] = [];
  const loads = [loadavg()[0]!];
  try {
    for (let round = 1; round <= rounds; round++) {
      done.push(await runRound(work, round, { servers, python, progress }));
      loads.push(loadavg()[0]!);
    }
  } finally {
    await servers.stop();
  }
  const load = Number((loads.reduce((sum, each) => sum + each, 0) / loads.length).toPrecision(2));
  const { name, title, about } = work;
  return { ...head, work: name, title, about, load, ...summarise(work, done) };
}

interface Surroundings {
  readonly servers: Servers;
  readonly python: Python | undefined;
  readonly progress: Progress;
}

async function runRound(work: Work, round: number, around: Surroundings): Promise<Round> {
  const outcomes: [string, Outcome][] = [];
  for (const cell of work.cells) {
    if (cell.once && round > 1) continue;
    around.progress.begin(work, round, cell);
    const outcome = await runOne(cell, around).catch((error: unknown): Outcome => ({ error: String(error) }));
    around.progress.end(outcome);
    outcomes.push([cell.id, outcome]);
  }
  return Object.fromEntries(outcomes);
}

async function runOne({ run, options = {}, filled }: WorkCell, { servers, python }: Surroundings): Promise<Outcome> {
  const places = filled === undefined ? servers.places() : await servers.filled(filled, (to) => fill(filled, to));
  const all = { ...options, servers: places };
  return "cell" in run ? runCell(run.cell, all) : runPython(python!, run.python, all);
}

async function fill(entries: number, servers: ReturnType<Servers["places"]>): Promise<void> {
  const outcome = await runCell("fill", { entries, servers });
  if ("error" in outcome) throw new Error(`the store could not be filled: ${outcome.error}`);
}

async function pythonFor({ cells }: Work, progress: Progress): Promise<Python | undefined> {
  if (cells.every(({ run }) => "cell" in run)) return undefined;
  const python = await findPython();
  if (python.note !== undefined) progress.note(python.note);
  return python;
}
