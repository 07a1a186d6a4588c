// A node in its own process. It carries out store commands that arrive as { id, method, args }, and answers them.
import { open } from "lmdb";
import { writeSync } from "node:fs";
import { lmdbStore } from "../dist/index.js";

const [folder, namespace] = process.argv.slice(2);
const store = lmdbStore({ folder, namespace, commandTimeoutMs: 60_000 });

/** Commands for tests only. */
const commands = {
  /** Writes the named entries together, step after step, until the process is killed. */
  async writePairs(names) {
    let known = await readRevisions(names);
    for (let round = 0; ; round += 1) {
      const definition = `${process.pid} ${round}`;
      const changes = names.map((name) => ({ name, definition, expectedRevision: known.get(name) ?? null }));
      const results = await store.setSchedule(changes);
      const isConflict = results.some(({ status }) => status === "conflict");
      known = isConflict ? await readRevisions(names) : new Map(names.map((name, i) => [name, results[i].revision]));
      if (round === 0) process.send({ event: "writing" });
    }
  },
  /** Creates this many entries. */
  async fill(count) {
    for (let start = 0; start < count; start += 500) {
      const names = Array.from({ length: Math.min(500, count - start) }, (_, index) => `filled ${start + index}`);
      await store.setSchedule(names.map((name) => ({ name, definition: "x".repeat(200), expectedRevision: null })));
    }
  },
  /** Starts many writes, then hangs the event loop for good. */
  async hangAfterAsking(names) {
    for (const name of names) void store.setSchedule([{ name, definition: "{}", expectedRevision: null }]);
    await store.readLock();
    setImmediate(() => {
      writeSync(1, "hangs\n");
      for (;;);
    });
  },
  /** Stops for good in the middle of a write, while it has LMDB's lock. */
  async stopInTheMiddleOfAWrite() {
    open({
      path: folder,
      noSubdir: false,
      overlappingSync: false,
      useVersions: true,
      keyEncoding: "binary",
    }).transactionSync(() => {
      writeSync(1, "stopped\n");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });
  },
};

async function readRevisions(names) {
  const revisions = new Map();
  for await (const batch of (await store.getSchedule()).batches) {
    for (const { name, revision } of batch) if (names.includes(name)) revisions.set(name, revision);
  }
  return revisions;
}

process.on("message", async ({ id, method, args }) => {
  try {
    process.send({ id, answer: await (commands[method] ? commands[method](...args) : store[method](...args)) });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
process.on("disconnect", () => process.exit());
process.send({ event: "ready" });
