import { parseArgs } from "node:util";
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

const USAGE = `usage: npm run chaos -- [options]
  --minutes N     how long faults happen, all pairs together (default 10)
  --seed N        repeats the draw of faults (default: drawn)
  --only NAMES    pairs, separated by commas: ${PAIRS.map(({ name }) => name).join(", ")}
  --parallel N    how many pairs run at the same time (default 2)
  --quiet         no faults: then nothing may be missed, repeated, early, late or phantom
  --record        writes docs/reliability/chaos.json, unless the run of a pair itself fails or --quiet is given
  --json FILE     writes figures and violations to FILE`;

/** @throws Error with what is wrong and the usage */
export function readOptions(args: readonly string[]): ChaosOptions {
  const values = parse(args);
  return {
    pairs: values.only === undefined ? PAIRS : values.only.split(",").map(pairOf),
    seed: number("seed", values.seed ?? String(Date.now() % 1_000_000)),
    minutes: number("minutes", values.minutes ?? "10"),
    parallel: Math.max(1, number("parallel", values.parallel ?? "2")),
    quiet: values.quiet ?? false,
    record: values.record ?? false,
    json: values.json,
  };
}

interface Values {
  readonly minutes?: string | undefined;
  readonly seed?: string | undefined;
  readonly only?: string | undefined;
  readonly parallel?: string | undefined;
  readonly json?: string | undefined;
  readonly quiet?: boolean | undefined;
  readonly record?: boolean | undefined;
}

function parse(args: readonly string[]): Values {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = { minutes: text, seed: text, only: text, parallel: text, json: text, quiet: flag, record: flag };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`, { cause: error });
  }
}

function pairOf(name: string): Pair {
  const pair = PAIRS.find((each) => each.name === name);
  if (pair) return pair;
  throw new Error(`--only: there is no pair "${name}"\n${USAGE}`);
}

function number(option: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0 && text.trim() !== "") return value;
  throw new Error(`--${option}: ${text} is not a number\n${USAGE}`);
}
