/** Runs real nodes on real servers under faults, and judges what arrived. Exit code 1: something broke a promise. */
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordFigures, recordHead } from "@beatx/test-servers";
import { orUsage } from "@beatx/test-servers/command-line";
import type { Finding } from "./checker/finding.js";
import { judge } from "./checker/judge.js";
import { seconds, storyOf } from "./faults/story.js";
import { figuresOf, type PairFigures, recordOf, sum, tableOf } from "./figures.js";
import { type ChaosOptions, readOptions } from "./options.js";
import { run } from "./run.js";
import type { Pair } from "./servers/pair.js";
import { PAIRS } from "./servers/pairs.js";

/** Figures of one pair, and what nothing explains. */
interface Outcome {
  readonly figures: PairFigures;
  readonly violations: readonly Finding[];
}

async function main(options: ChaosOptions): Promise<boolean> {
  console.log(`chaos: seed ${options.seed}, ${options.pairs.length} pairs, ${options.minutes} minutes`);
  const outcomes = await runAll(options);
  const figures = outcomes.map((outcome) => outcome.figures);
  console.log(`\n${tableOf(figures)}`);
  if (options.json) await writeFile(options.json, JSON.stringify(outcomes));
  const isWhole = outcomes.length === options.pairs.length;
  if (options.record && isWhole) await writeRecord(options, figures);
  else if (options.record) console.error("nothing was recorded: the run of some pairs itself failed");
  const broken = outcomes.reduce((total, { violations }) => total + violations.length, 0);
  const faults = figures.reduce((total, each) => total + sum(each.faults), 0);
  const failed = isWhole ? "" : `, and ${options.pairs.length - outcomes.length} could not be run`;
  const verdict = broken === 0 ? "no promise broken" : `${broken} times a promise was broken`;
  console.log(
    `\n${outcomes.length} ${outcomes.length === 1 ? "pair" : "pairs"}, ${faults} faults: ${verdict}${failed}`,
  );
  return isWhole && broken === 0;
}

/** Runs the pairs, some at a time. One whose servers or nodes cannot be run has no outcome. */
async function runAll(options: ChaosOptions): Promise<Outcome[]> {
  const waiting = [...options.pairs.entries()];
  const outcomes: (Outcome | undefined)[] = [];
  const forMs = (options.minutes * 60_000 * Math.min(options.parallel, options.pairs.length)) / options.pairs.length;
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, pair] = next;
      outcomes[index] = await runPair(pair, options, forMs).catch((error: unknown) => {
        console.error(`${pair.name}: the run itself failed`, error);
        return undefined;
      });
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, worker));
  return outcomes.filter((each) => each !== undefined);
}

async function runPair(pair: Pair, { seed, quiet }: ChaosOptions, forMs: number): Promise<Outcome> {
  const { record, logs } = await run({ pair, seed, forMs, quiet });
  const verdict = judge(record);
  const figures = figuresOf(record, verdict, seed);
  console.log(
    `${pair.name}: ${sum(figures.faults)} faults, ${figures.sent} messages, ${figures.violations} violations`,
  );
  const { violations } = verdict;
  if (violations.length > 0) {
    const file = join(tmpdir(), `beatx-chaos-${pair.name.replaceAll("/", "-")}-${seed}`);
    await writeFile(`${file}.log`, logs);
    await writeFile(`${file}.json`, JSON.stringify(record));
    for (const each of violations)
      console.log(`  ${seconds(each.instant - record.from)}  ${each.deviation}: ${each.entry}, ${each.detail}`);
    console.log(`what happened:\n${storyOf(record).join("\n")}\nlogs and record: ${file}.{log,json}`);
    console.log(`again: npm run chaos -- --only ${pair.name} --seed ${seed} --minutes ${Math.ceil(forMs / 60_000)}`);
  }
  return { figures, violations };
}

async function writeRecord(options: ChaosOptions, figures: readonly PairFigures[]): Promise<void> {
  const { minutes, seed, parallel, pairs } = options;
  const only = pairs.length === PAIRS.length ? "" : ` --only ${pairs.map(({ name }) => name).join(",")}`;
  const command = `npm run chaos -- --minutes ${minutes} --parallel ${parallel} --seed ${seed}${only}`;
  await recordFigures("chaos", recordOf(figures, command, recordHead(command)));
}

// The servers and nodes end with this process, but only if it exits by itself.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));

process.exitCode = (await main(orUsage(() => readOptions(process.argv.slice(2))))) ? 0 : 1;
