import { flag, namesOf, readCommandLine, wholeNumber } from "@beatx/test-servers/command-line";
import { workNames, worksNamed, worksOf } from "./works/index.js";
import type { Form, Work } from "./works/work.js";

/** What the command is asked for. */
export interface BenchOptions {
  readonly form: Form;
  readonly works: readonly Work[];
  /** Of each work; `null`: as many as the form has. */
  readonly rounds: number | null;
  readonly record: boolean;
  /** The command line that repeats the run. */
  readonly command: string;
}

const USAGE = `npm run bench -- [options]
  --full          everything, about an hour (default: some works, about two minutes)
  --only NAMES    works or families of works, separated by commas: ${workNames().join(", ")}
  --rounds N      rounds of each work (default: each work's own number)
  --record        writes docs/performance/*.json, the charts and docs/performance.md`;

/** @throws UsageError that names the option and its value */
export function readOptions(args: readonly string[]): BenchOptions {
  const options = { full: flag, only: namesOf(workNames(), null), rounds: wholeNumber(1, null), record: flag };
  const { full, only, rounds, record } = readCommandLine(args, { usage: USAGE, options });
  const form = full ? "full" : "quick";
  const given = [
    ...(full ? ["--full"] : []),
    ...(only === null ? [] : [`--only ${only.join(",")}`]),
    ...(rounds === null ? [] : [`--rounds ${rounds}`]),
  ];
  return {
    form,
    works: worksOf(form).filter((work) => (only === null ? full || isQuick(work) : isNamed(work, only))),
    rounds,
    record,
    command: ["npm run bench", ...(given.length === 0 ? [] : ["--", ...given])].join(" "),
  };
}

function isQuick({ isQuick: chosen = true }: Work): boolean {
  return chosen;
}

function isNamed(work: Work, names: readonly string[]): boolean {
  return names.some((name) => worksNamed([work], name).length > 0);
}
