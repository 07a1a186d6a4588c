import assert from "node:assert/strict";
import { type Store, systemClock } from "@beatx/core";
import { isLease, STORE_CONTRACT } from "@beatx/core/adapter";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { advanceOne, create, listAll, moveOf, readAll, readEntry, write } from "./entries.js";
import { ask, assertHolds, assertRefused, assertRejects, lead, newToken } from "./nodes.js";

const DAY_MS = 86_400_000;

/** Every method that the store has, called with valid arguments. */
function everyCall(store: Store): [string, () => Promise<unknown>][] {
  const lease = { token: newToken(), fence: 1 };
  const mark = { database: 0, key: "a mark", value: "a value" };
  const calls: [string, (() => Promise<unknown>) | undefined][] = [
    ["getRevision", () => store.getRevision()],
    ["getSchedule", () => store.getSchedule()],
    ["getEntries", () => store.getEntries(["report"])],
    ["listEntries", () => store.listEntries({ limit: 10 })],
    ["setSchedule", () => store.setSchedule([{ name: "a", definition: "b", expectedRevision: null }])],
    ["advance", () => store.advance(lease, [moveOf("a", null, "b", "c")])],
    ["acquireLock", () => ask(store, 1000)],
    ["renewLock", () => store.renewLock(lease, 1000)],
    ["releaseLock", () => store.releaseLock(lease)],
    ["readLock", () => store.readLock()],
    ["getTime", store.getTime && (() => store.getTime!())],
    ["reachesOutbox", store.reachesOutbox && (() => store.reachesOutbox!(mark))],
    ["checkHealth", store.checkHealth && (() => store.checkHealth!())],
  ];
  return calls.filter((call): call is [string, () => Promise<unknown>] => call[1] !== undefined);
}

/** Clients open and close, and namespaces stay apart. */
export const lifecycleCases: readonly ConformanceCase[] = casesOf("lifecycle", [
  {
    name: "a store declares its contract, its name and its capabilities",
    async run({ nodeA }) {
      const { contract, name, capabilities } = nodeA;
      assert.equal(contract, STORE_CONTRACT);
      assert.match(name, /^[a-z][a-z0-9-]*$/);
      for (const flag of ["durable", "fencedWrites", "outbox"] as const) {
        assert.equal(typeof capabilities[flag], "boolean", flag);
      }
      assert.ok(capabilities.lockResolutionMs >= 0, "lockResolutionMs");
      assert.ok(capabilities.maxValueBytes >= 1024, "maxValueBytes");
      assert.ok(
        !capabilities.outbox || nodeA.reachesOutbox,
        "a store with capabilities.outbox must have reachesOutbox",
      );
    },
  },
  {
    name: "getTime returns epoch milliseconds and never goes back",
    needs: (store) => store.getTime !== undefined,
    async run({ nodeA, nodeB }) {
      const times: number[] = [];
      for (const node of [nodeA, nodeB, nodeA, nodeB]) times.push((await node.getTime?.()) ?? Number.NaN);
      assert.deepEqual(
        times,
        times.toSorted((one, other) => one - other),
      );
      assert.ok(Math.abs(times[0]! - systemClock.now()) < DAY_MS, `the store's clock says ${times[0]}`);
    },
  },
  {
    name: "checkHealth of a store that takes writes returns a list of sentences",
    needs: (store) => store.checkHealth !== undefined,
    async run({ nodeA }) {
      for (const finding of (await nodeA.checkHealth?.()) ?? []) assert.equal(typeof finding, "string");
    },
  },
  {
    name: "takeNotices returns a list of sentences, each once",
    needs: (store) => store.takeNotices !== undefined,
    async run({ nodeA }) {
      await nodeA.getRevision();
      for (const notice of nodeA.takeNotices?.() ?? []) assert.equal(typeof notice, "string");
      assert.deepEqual(nodeA.takeNotices?.(), []);
    },
  },
  {
    name: "a store can be closed twice, and without having been used",
    async run({ nodeA, nodeB }) {
      await nodeA.getRevision();
      for (const node of [nodeA, nodeB]) {
        await node.close();
        await assert.doesNotReject(Promise.all([node.close(), node.close()]), "a repeated close must not reject");
      }
    },
  },
  {
    name: "every call on a closed store rejects and changes nothing",
    async run({ nodeA, nodeB }) {
      const calls = everyCall(nodeA);
      await nodeA.close();
      for (const [method, call] of calls) await assertRejects(call(), `${method} on a closed store`);
      assert.equal((await readAll(nodeB)).size, 0);
      assert.equal(await nodeB.readLock(), null);
    },
  },
  {
    name: "closing one client does not disturb the others",
    async run({ nodeA, nodeB, ttlMs }) {
      const lease = await lead(nodeB, ttlMs);
      await nodeA.close();
      await assertHolds(nodeB, lease);
      await create(nodeB, "report");
    },
  },
  {
    name: "closing a client does not release its lease, which another client can still renew",
    async run({ nodeA, nodeB, ttlMs, open }) {
      const lease = await lead(nodeA, ttlMs);
      await nodeA.close();
      await assertRefused(nodeB, ttlMs);
      await assertHolds(await open(), lease);
    },
  },
  {
    name: "definitions and cursors survive when every client is closed and opened again",
    async run({ nodeA, nodeB, ttlMs, open }) {
      const revision = await create(nodeA, "report", "the definition");
      await advanceOne(nodeA, await lead(nodeA, ttlMs), moveOf("report", null, "ran", revision));
      const before = await nodeA.getRevision();
      await Promise.all([nodeA.close(), nodeB.close()]);
      const node = await open();
      const expected = { name: "report", definition: "the definition", revision, cursor: "ran" };
      assert.deepEqual(await readEntry(node, "report"), expected);
      assert.equal(await node.getRevision(), before);
    },
  },
  {
    name: "two namespaces never see each other's entries",
    async run({ nodeA, namespace, open }) {
      const others = [
        await open(`${namespace}-b`),
        await open(`${namespace}:entries`),
        await open(namespace.slice(0, -1)),
      ];
      const revision = await create(nodeA, "report", "of the first");
      for (const other of others) {
        assert.equal((await readAll(other)).size, 0);
        assert.deepEqual(await other.getEntries(["report"]), []);
        assert.deepEqual(await listAll(other), []);
        await create(other, "report", "of another");
      }
      await write(nodeA, { name: "report", definition: null, expectedRevision: revision });
      for (const other of others) assert.equal((await readEntry(other, "report")).definition, "of another");
    },
  },
  {
    name: "each namespace has its own leader, and a lease is valid only in its own namespace",
    async run({ nodeA, nodeB, namespace, ttlMs, open }) {
      const other = await open(`${namespace}-b`);
      const lease = await lead(nodeA, ttlMs);
      assert.equal(await other.readLock(), null, "the leader of one namespace shows in another");
      const otherLease = await lead(other, ttlMs);
      assert.equal(await other.renewLock(lease, ttlMs), false);
      assert.equal(await other.releaseLock(lease), false);
      assert.equal(await nodeA.releaseLock(lease), true);
      await assertHolds(other, otherLease);
      assert.ok(isLease(await ask(nodeB, ttlMs)), "the lock of one namespace is held by the other");
    },
  },
  {
    name: "changing one namespace does not change the revision of another",
    async run({ nodeA, namespace, open }) {
      const other = await open(`${namespace}-b`);
      const before = await other.getRevision();
      await create(nodeA, "report");
      assert.equal(await other.getRevision(), before);
    },
  },
]);
