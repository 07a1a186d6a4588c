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
  const values = parse(args);
  const number = (name: "from" | "seeds" | "minutes" | "seed" | "workers"): number | null => {
    const text = values[name];
    if (text === undefined) return null;
    const value = Number(text);
    const least = name === "workers" ? 1 : 0;
    const isGood = name === "minutes" ? value >= 0 : Number.isSafeInteger(value) && value >= least;
    if (isGood && Number.isFinite(value) && text.trim() !== "") return value;
    const expected = name === "minutes" ? "a number" : "a whole number";
    throw new Error(`--${name} is "${text}": expected ${expected}, at least ${least}\n${USAGE}`);
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

function parse(args: readonly string[]): Partial<Record<"from" | "seeds" | "minutes" | "seed" | "workers", string>> & {
  readonly record?: boolean;
} {
  try {
    const text = { type: "string" } as const;
    const options = {
      from: text,
      seeds: text,
      minutes: text,
      seed: text,
      workers: text,
      record: { type: "boolean" },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, { cause: error });
  }
}
