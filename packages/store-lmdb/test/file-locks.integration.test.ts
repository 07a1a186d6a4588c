import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { once } from "node:events";
import { lmdbStore } from "@beatx/store-lmdb";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";

const LOCKS = "/proc/locks";
const WORKER = new URL("./open-and-close.mjs", import.meta.url);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "beatx-lmdb-"));
  return () => rmSync(folder, { recursive: true });
});

/** The number of locks on the folder's lock file. */
function countLocks(): number {
  const { ino } = statSync(join(folder, "lock.mdb"));
  return readFileSync(LOCKS, "utf8")
    .split("\n")
    .filter((line) => line.includes(`:${ino} `)).length;
}

describe.skipIf(!existsSync(LOCKS))("this process's locks on lock.mdb", () => {
  it("stay when a store is opened while another one closes", async () => {
    const first = lmdbStore({ folder });
    await first.getRevision();
    const before = countLocks();
    expect(before).toBeGreaterThan(0);
    const closed = first.close();
    const second = lmdbStore({ folder });
    onTestFinished(() => second.close());
    await closed;
    await second.getRevision();
    expect(countLocks()).toBe(before);
  });

  it("stay when a store is opened after each of some turns of a closing one", async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const first = lmdbStore({ folder });
      const revision = await first.getRevision();
      const before = countLocks();
      const closed = first.close();
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      const second = lmdbStore({ folder });
      await closed;
      expect(await second.getRevision()).toBe(revision);
      expect(countLocks(), `after ${turns} turns`).toBe(before);
      await second.close();
    }
  });

  it("stay when a thread opens and closes a store on the same folder", async () => {
    const store = lmdbStore({ folder });
    onTestFinished(() => store.close());
    await store.getRevision();
    const before = countLocks();
    expect(before).toBeGreaterThan(0);
    const thread = new Worker(WORKER, { workerData: folder, execArgv: [] });
    const [[revision]] = await Promise.all([once(thread, "message"), once(thread, "exit")]);
    expect(revision).toBe(await store.getRevision());
    expect(countLocks()).toBe(before);
  });
});
