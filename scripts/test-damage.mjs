/**
 * The long form of the damage tests: damaged values, drawn from new seeds, in every record and every key of every store.
 *
 *     npm run test:damage                                        # a minute each, one after the other
 *     BEATX_DAMAGE_SECONDS=600 npm run test:damage -- redis lmdb # only these, ten minutes each
 *     BEATX_DAMAGE_SEED=62 npm run test:damage -- unit           # one case again
 *
 * Each prints what it damaged, how many runs were expected and sent, and each problem with its seed.
 */

import { orUsage, readCommandLine } from "../packages/test-servers/command-line/command-line.mjs";
import { runCommand } from "./run-command.mjs";
import { localTool } from "./workspace.mjs";

const tests = {
  unit: ["unit", "packages/core/test/behaviour/seeded-damage.test.ts"],
  redis: ["integration", "packages/store-redis/test/seeded-damage.integration.test.ts"],
  memcached: ["integration", "packages/store-memjs/test/seeded-damage.integration.test.ts"],
  lmdb: ["integration", "packages/store-lmdb/test/seeded-damage.integration.test.ts"],
};

const known = Object.keys(tests);
const command = {
  usage: `npm run test:damage -- [store …]\n  stores: ${known.join(" ")} (default: all)`,
  names: known,
};
const { names } = orUsage(() => readCommandLine(process.argv.slice(2), command));
const { BEATX_DAMAGE_SEED, BEATX_DAMAGE_SECONDS = BEATX_DAMAGE_SEED === undefined ? "60" : "0" } = process.env;
for (const [name, [project, file]] of Object.entries(tests)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const command = [localTool("vitest"), "run", "--config", "vitest.workspace.ts", "--project", project, file];
  const { exitCode } = await runCommand(command, { env: { BEATX_DAMAGE_SECONDS } });
  if (exitCode !== 0) process.exitCode = 1;
}
