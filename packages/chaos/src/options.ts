import {
  decimalNumber,
  flag,
  namesOf,
  readCommandLine,
  text,
  UsageError,
  wholeNumber,
} from "@beatx/test-servers/command-line";
import type { Pair } from "./servers/pair.js";
import { PAIRS } from "./servers/pairs.js";

/** What the command is asked for. */
export interface ChaosOptions {
  readonly pairs: readonly Pair[];
  readonly seed: number;
  /** Of all pairs together. */
  readonly minutes: number;
  /** How many pairs run at the same time. */
  readonly parallel: number;
  readonly quiet: boolean;
  readonly record: boolean;
  /** A file for the figures and violations, for programs. */
  readonly json: string | undefined;
}

const USAGE = `npm run chaos -- [options]
  --minutes N     how long faults happen, all pairs together (default 10)
  --seed N        repeats the draw of faults (default: drawn)
  --only NAMES    pairs, separated by commas: ${PAIRS.map(({ name }) => name).join(", ")}
  --parallel N    how many pairs run at the same time (default 2)
  --quiet         no faults: then nothing may be missed, repeated, early, late or phantom
  --record        writes docs/reliability/chaos.json, unless the run of a pair itself fails
  --json FILE     writes figures and violations to FILE`;

/** @throws UsageError that names the option and its value */
export function readOptions(args: readonly string[]): ChaosOptions {
  const options = {
    minutes: decimalNumber(0, 10),
    seed: wholeNumber(0, null),
    only: namesOf(
      PAIRS.map(({ name }) => name),
      null,
    ),
    parallel: wholeNumber(1, 2),
    quiet: flag,
    record: flag,
    json: text("a path", undefined),
  };
  const { only, seed, ...rest } = readCommandLine(args, { usage: USAGE, options });
  if (rest.quiet && rest.record) throw new UsageError("--quiet has no faults to record: leave --record out", USAGE);
  const pairs = only === null ? PAIRS : only.map((name) => PAIRS.find((pair) => pair.name === name)!);
  return { ...rest, pairs, seed: seed ?? Date.now() % 1_000_000 };
}
