/**
 * Measures beatx beside limits and other schedulers.
 *
 *     npm run bench                                    # about two minutes
 *     npm run bench -- --full                          # everything, about an hour
 *     npm run bench -- --only burst,load --rounds 5
 *     npm run bench -- --full --record                 # writes docs/performance.md with its charts and figures
 *
 * Exit code 1: a cell failed; 2: a wrong option. A missed target is no failure.
 */

import { recordFigures } from "@beatx/test-servers";
import { orUsage } from "@beatx/test-servers/command-line";
import { bench } from "./bench.js";
import { textTable } from "./figures/text-table.js";
import { type BenchOptions, readOptions } from "./options.js";
import { writeFiles } from "./page/files.js";

async function main(options: BenchOptions): Promise<boolean> {
  const figures = await bench(options, process.stderr, (each) => console.log(`\n${textTable(each)}\n`));
  const failed = figures.filter(({ rows }) => rows.some(({ problem }) => problem !== undefined));
  const targets = figures.flatMap((each) => each.targets);
  const met = targets.filter(({ isMet }) => isMet === true).length;
  console.log(`${met} of ${targets.length} targets met; ${failed.length} works with a cell that failed`);
  if (options.record) {
    for (const each of figures) await recordFigures(each.work, each, "performance");
    for (const path of writeFiles()) console.log(`wrote ${path}`);
  }
  return failed.length === 0;
}

// The servers and cells end with this process, but only if it exits by itself.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));

process.exitCode = (await main(orUsage(() => readOptions(process.argv.slice(2))))) ? 0 : 1;
