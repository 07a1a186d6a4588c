// @ts-check
/**
 * The demo behind `npm start`. Three real processes share a schedule in a folder, the leader is killed, and another node
 * takes over. Then the messages in the queue are compared with the schedule.
 *
 *     node packages/demo/src/main.mjs [--keep]
 *
 * `--keep`: goes on after the take-over until Ctrl-C. Exit code 0: no occurrence was missed or repeated; 1: some were, or
 * the demo could not run to its end.
 */

import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@beatx/core";
import { flag, orUsage, readCommandLine } from "@beatx/test-servers/command-line";
import { Cluster } from "./cluster.mjs";
import { countOccurrences } from "./count.mjs";
import { LEAST_COLUMNS, LEAST_ROWS, liveScreen, SHOW_CURSOR } from "./live-screen.mjs";
import { plainLines } from "./plain-lines.mjs";
import { Show } from "./show.mjs";
import { killLeader, narrate, pause, stopAll } from "./story.mjs";
import { formatSummary } from "./summary.mjs";

function chooseView() {
  const { isTTY, rows, columns } = process.stdout;
  const isRoomy = isTTY && rows >= LEAST_ROWS && columns >= LEAST_COLUMNS;
  return isRoomy ? liveScreen(process.stdout, !process.env["NO_COLOR"]) : plainLines(process.stdout);
}

/** @param {boolean} keep */
async function play(keep) {
  const show = new Show(chooseView());
  narrate(cluster, show);
  const takeOver = await killLeader(cluster, show);
  if (keep) await waitForCtrlC(show);
  else await pause(takeOver.untilMs - systemClock.monotonicMs());
  const handOverMs = await stopAll(cluster, show);
  show.end();
  const counts = await countOccurrences(folders, show.firstMessageAt);
  console.log(formatSummary(counts, { takeOverMs: takeOver.tookMs, handOverMs, refused: show.refused }));
  const hasSome = counts.some(({ expected }) => expected > 0);
  return hasSome && counts.every(({ missed, repeated }) => missed === 0 && repeated === 0) ? 0 : 1;
}

/** @param {Show} show */
async function waitForCtrlC(show) {
  process.off("SIGINT", endAtOnce);
  show.say("press Ctrl-C to stop the nodes, the leader first, and to count the messages");
  await once(process, "SIGINT");
  process.on("SIGINT", endAtOnce);
}

/** @param {NodeJS.Signals} signal */
async function endAtOnce(signal) {
  await cluster.killAll();
  process.exit(128 + constants.signals[signal]);
}

const { keep } = orUsage(() =>
  readCommandLine(process.argv.slice(2), { usage: "npm start -- [--keep]", options: { keep: flag } }),
);
const folder = mkdtempSync(join(tmpdir(), "beatx-demo-"));
const folders = { store: join(folder, "store"), queue: join(folder, "queue") };
mkdirSync(folders.queue);
const cluster = new Cluster([folders.store, folders.queue]);

process.on("exit", () => {
  void cluster.killAll();
  if (process.stdout.isTTY) process.stdout.write(SHOW_CURSOR);
  rmSync(folder, { recursive: true, force: true });
});
process.on("SIGINT", endAtOnce);
process.on("SIGTERM", endAtOnce);
process.on("SIGHUP", endAtOnce);

try {
  process.exitCode = await play(keep);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
// After an error the nodes must end before their folder is removed, and a timer may still run.
await cluster.killAll();
process.exit();
