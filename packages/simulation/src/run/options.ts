import { parseArgs } from "node:util";

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

export const USAGE = `npm run simulate -- [--seeds N] [--from N] [--minutes N] [--workers N] [--record]
npm run simulate -- --seed N     tells what happens in the run of one seed`;

/** @throws Error that names the option and the usage. */
export function readOptions(args: readonly string[], processors: number): SimulateOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      from: { type: "string" },
      seeds: { type: "string" },
      minutes: { type: "string" },
      seed: { type: "string" },
      workers: { type: "string" },
      record: { type: "boolean" },
    },
  });
  const number = (name: "from" | "seeds" | "minutes" | "seed" | "workers"): number | null => {
    const text = values[name];
    if (text === undefined) return null;
    const value = Number(text);
    if (Number.isFinite(value) && value >= 0 && text.trim() !== "") return value;
    throw new Error(`--${name} is "${text}": expected a number, at least 0\n${USAGE}`);
  };
  const minutes = number("minutes");
  return {
    from: number("from") ?? 0,
    seeds: number("seeds") ?? (minutes === null ? 500 : null),
    minutes,
    seed: number("seed"),
    workers: number("workers") ?? processors,
    record: values.record ?? false,
  };
}
