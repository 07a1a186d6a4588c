// @ts-check
/** One node in its own process. It is written like an application that uses beatx, but also reports to the demo. */

import { createBeat, silentLogger } from "@beatx/core";
import { storeProvider } from "@beatx/store-lmdb";
import { putMessage } from "./queue-folder.mjs";
import { LOCK_TTL_MS, schedule } from "./schedule.mjs";

/**
 * @typedef {{ kind: "leader", fence: number }
 *   | { kind: "standby", reason: string }
 *   | { kind: "published", entry: string, scheduledAt: number, lateMs: number }
 *   | { kind: "refused", entry: string, scheduledAt: number }
 *   | { kind: "error", message: string }} NodeEvent
 */

const [name = "", storeFolder = "", queueFolder = ""] = process.argv.slice(2);

/** @param {NodeEvent} event */
const report = (event) => process.connected && process.send?.(event);

const beat = createBeat({
  store: `lmdb:${encodeURI(storeFolder)}`,
  stores: [storeProvider],
  namespace: "demo",
  schedule,
  lockTtlMs: LOCK_TTL_MS,
  standbyPollMs: 1_000,
  logger: silentLogger,
  publisher: async ({ id, entry, scheduledAt }) => {
    const isNew = await putMessage(queueFolder, id, { entry, scheduledAt, node: name });
    if (!isNew) report({ kind: "refused", entry, scheduledAt });
  },
});

beat.on("leader", ({ fence }) => report({ kind: "leader", fence }));
beat.on("standby", ({ reason }) => report({ kind: "standby", reason }));
beat.on("error", ({ message }) => report({ kind: "error", message }));
beat.on("published", ({ entry, scheduledAt, lateMs }) => report({ kind: "published", entry, scheduledAt, lateMs }));

// Ctrl-C, and the end of the terminal, reach every process of the terminal, but the demo decides which node stops when.
for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
process.once("SIGTERM", async () => {
  await beat.stop();
  process.disconnect();
});
// A node ends with the demo, however that ended.
process.on("disconnect", () => process.exit());

await beat.start();
