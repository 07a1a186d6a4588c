import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Store } from "@beatx/core";
import { isLease, type Lease, type StoredEntry } from "@beatx/core/adapter";
import { lmdbStore } from "@beatx/store-lmdb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OtherProcess } from "./other-process.js";

const LONG_TTL_MS = 600_000;
const NAMESPACE = "shop";
/** Longer than a write takes on any machine. */
const PATIENCE_MS = 60_000;

let folder: string;
let store: Store;
const processes: OtherProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "beatx-lmdb-"));
  store = lmdbStore({ folder, namespace: NAMESPACE, commandTimeoutMs: PATIENCE_MS });
});

afterEach(async () => {
  await Promise.all(processes.splice(0).map((other) => other.kill()));
  await store.close();
  await rm(folder, { recursive: true });
});

async function startProcess(): Promise<OtherProcess> {
  const other = await OtherProcess.start(folder, NAMESPACE);
  processes.push(other);
  return other;
}

async function readAll(): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const batch of (await store.getSchedule()).batches) entries.push(...batch);
  return entries;
}

/** Requests the lock again as soon as a refusal allows, until this node has it. */
async function takeLock(token: string): Promise<Lease> {
  for (;;) {
    const answer = await store.acquireLock({ token, ttlMs: LONG_TTL_MS, label: token });
    if (isLease(answer)) return answer;
    await pause(answer.retryAfterMs);
  }
}

describe("processes that share a folder", () => {
  it("see a commit of another one at once", async () => {
    const other = await startProcess();
    let revision = await store.getRevision();
    for (let round = 0; round < 100; round += 1) {
      const change = { name: `entry ${round}`, definition: `${round}`, expectedRevision: null };
      const [result] = await (round % 2 === 0 ? other.call("setSchedule", [change]) : store.setSchedule([change]));
      const seen = [await store.getRevision(), await other.call("getRevision")];
      expect(seen).toEqual([seen[0], seen[0]]);
      expect(seen[0]).not.toBe(revision);
      expect(result).toEqual({ status: "done", revision: seen[0] });
      revision = seen[0]!;
    }
    expect(await readAll()).toHaveLength(100);
  });

  it("that request a free lock at the same time get one lease between them", async () => {
    const others = await Promise.all([startProcess(), startProcess(), startProcess()]);
    for (let round = 0; round < 20; round += 1) {
      const request = (node: number) => ({ token: `${round}:${node}`, ttlMs: LONG_TTL_MS, label: `node ${node}` });
      const answers = await Promise.all([
        store.acquireLock(request(0)),
        ...others.map((other, index) => other.call("acquireLock", request(index + 1))),
      ]);
      const leases = answers.filter((answer) => isLease(answer));
      expect(leases).toHaveLength(1);
      expect((await store.readLock())?.fence).toBe(leases[0]!.fence);
      expect(await store.releaseLock(leases[0]!)).toBe(true);
    }
  });

  it("read twenty thousand entries that another one wrote, although the file grew meanwhile", async () => {
    await store.getRevision();
    const other = await startProcess();
    await other.ask("fill", [20_000]);
    const entries = await readAll();
    expect(new Set(entries.map(({ name }) => name)).size).toBe(20_000);
    expect(entries.every(({ definition }) => definition === "x".repeat(200))).toBe(true);
  });

  it("are woken by a release and by a new definition", async () => {
    const other = await startProcess();
    const lease = await other.call("acquireLock", { token: "other", ttlMs: LONG_TTL_MS, label: "other" });
    const hintAfter = async (method: string, args: readonly unknown[]): Promise<void> => {
      let onHint = (): void => undefined;
      const hint = new Promise<void>((resolve) => (onHint = resolve));
      const end = await store.watch!(onHint);
      other.send(method, args);
      await hint;
      await end();
    };
    await hintAfter("releaseLock", [lease]);
    await takeLock("mine");
    await hintAfter("setSchedule", [[{ name: "a", definition: "{}", expectedRevision: null }]]);
    expect((await readAll()).map(({ name }) => name)).toEqual(["a"]);
  });
});

describe("a lock file that another program overwrote under a process", () => {
  it("is replaced when the next process opens the folder", async () => {
    await store.close();
    const first = await startProcess();
    await writeFile(join(folder, "lock.mdb"), "hello world");
    const second = await startProcess();
    const revision = await second.call("getRevision");
    await first.kill();
    expect(await second.call("getRevision")).toBe(revision);
  });
});

describe("when a process is killed", () => {
  it("its lease ends after its lifetime, not before", async () => {
    const other = await startProcess();
    const askedAtMs = performance.now();
    const dead = await other.call("acquireLock", { token: "dead", ttlMs: 400, label: "dead" });
    await other.kill();
    const lease = await takeLock("heir");
    expect(performance.now() - askedAtMs).toBeGreaterThanOrEqual(400);
    expect(isLease(dead) && lease.fence > dead.fence).toBe(true);
    expect(isLease(dead) && (await store.renewLock(dead, 400))).toBe(false);
  });

  it("in the middle of writes, the others go on and see only complete steps", async () => {
    const names = ["left", "right"];
    for (let round = 0; round < 10; round += 1) {
      const [victim, survivor] = [await startProcess(), await startProcess()];
      for (const writer of [victim, survivor]) writer.send("writePairs", [names]);
      await Promise.all([victim.event("writing"), survivor.event("writing")]);
      await pause(round); // at another point of the step each time
      await victim.kill();
      const before = await store.getRevision();
      while ((await store.getRevision()) === before) await pause(1); // the survivor writes on
      await survivor.kill();
      const [left, right] = await readAll();
      expect(left?.definition).toMatch(/^\d+ \d+$/);
      expect(right?.definition).toBe(left?.definition);
    }
  });

  it("together with all others, every answered write is still there", async () => {
    const other = await startProcess();
    const [answer] = await other.call("setSchedule", [{ name: "a", definition: "kept", expectedRevision: null }]);
    await store.close();
    await other.kill();
    store = lmdbStore({ folder, namespace: NAMESPACE, commandTimeoutMs: PATIENCE_MS });
    expect(await readAll()).toEqual([
      { name: "a", definition: "kept", revision: answer?.status === "done" && answer.revision, cursor: null },
    ]);
  });
});

describe("while the event loop of a process hangs", () => {
  it("others write undisturbed", async () => {
    for (let round = 0; round < 5; round += 1) {
      const hanging = await startProcess();
      hanging.send("hangAfterAsking", [Array.from({ length: 50 }, (_, index) => `asked ${round} ${index}`)]);
      expect(await hanging.output()).toBe("hangs\n");
      const change = { name: `written ${round}`, definition: "{}", expectedRevision: null };
      expect(await store.setSchedule([change])).toMatchObject([{ status: "done" }]);
      await hanging.kill();
    }
  });
});

describe("while a process is stopped in the middle of a write", () => {
  it("others can read, their writes reject in time without blocking, and they go on once it is killed", async () => {
    await store.setSchedule([{ name: "a", definition: "{}", expectedRevision: null }]);
    await store.close();
    store = lmdbStore({ folder, namespace: NAMESPACE, commandTimeoutMs: 200 });
    const stopped = await startProcess();
    stopped.send("stopInTheMiddleOfAWrite");
    expect(await stopped.output()).toBe("stopped\n");

    let turns = 0;
    const turning = setInterval(() => (turns += 1), 5);
    const request = { token: "mine", ttlMs: LONG_TTL_MS, label: "mine" };
    await expect(store.acquireLock(request)).rejects.toMatchObject({ code: "STORE", message: /stopped/ });
    await expect(store.acquireLock(request)).rejects.toMatchObject({ code: "STORE" });
    clearInterval(turning);
    expect(turns).toBeGreaterThan(1);
    expect(await readAll()).toHaveLength(1);

    await stopped.kill();
    let answer: unknown;
    while (answer === undefined) answer = await store.acquireLock(request).catch(() => undefined);
    expect(answer).toMatchObject({ token: "mine" });
  });
});
