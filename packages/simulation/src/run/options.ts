import { decimalNumber, flag, readCommandLine, UsageError, wholeNumber } from "@beatx/test-servers/command-line";

/** What `npm run simulate` is asked for. */
export interface SimulateOptions {
  /** The first seed. */
  readonly from: number;
  /** How many seeds run; `null`: as many as fit into `minutes`. */
  readonly seeds: number | null;
  readonly minutes: number | null;
  /** Runs this seed alone, and tells what happens in it. */
  readonly seed: number | null;
  readonly workers: number;
  readonly record: boolean;
}

const USAGE = `npm run simulate -- [options]
  --seeds N      how many seeds run (default 500)
  --minutes N    as many seeds as fit into the time, instead of --seeds
  --from N       the first seed (default 0)
  --workers N    how many run at the same time (default: one for each processor)
  --record       writes docs/reliability/simulation.json
  --seed N       tells what happens in the run of this seed, and runs no other`;

const RUN_OF_ONE = ["from", "seeds", "minutes", "workers", "record"] as const;

/** @throws UsageError that names the option and its value */
export function readOptions(args: readonly string[], processors: number): SimulateOptions {
  const options = {
    from: wholeNumber(0, null),
    seeds: wholeNumber(1, null),
    minutes: decimalNumber(0, null),
    seed: wholeNumber(0, null),
    workers: wholeNumber(1, null),
    record: flag,
  };
  const given = readCommandLine(args, { usage: USAGE, options });
  const { from, seeds, minutes, seed, workers, record } = given;
  const surplus = RUN_OF_ONE.find((name) => given[name] !== null && given[name] !== false);
  if (seed !== null && surplus !== undefined) {
    throw new UsageError(`--seed ${seed} runs one seed and tells it: leave --${surplus} out`, USAGE);
  }
  if (seeds !== null && minutes !== null) {
    throw new UsageError(`--seeds ${seeds} and --minutes ${minutes} both say how many seeds run: leave one out`, USAGE);
  }
  return {
    from: from ?? 0,
    seeds: seeds ?? (minutes === null ? 500 : null),
    minutes,
    seed,
    workers: workers ?? processors,
    record,
  };
}
