import assert from "node:assert/strict";
import type { Store } from "@beatx/core";
import { isLease, type Lease } from "@beatx/core/adapter";
import { pause } from "../base/pause.js";
import { casesOf, type ConformanceCase } from "./conformance-case.js";
import { create, readEntry } from "./entries.js";
import { acquire, ask, inOneTerm, lead, monotonicMs } from "./nodes.js";

const NODES = 8;
const TERMS = 60;
/** How often each node increments the shared definition. */
const INCREMENTS = 5;
/** In one of this many terms the leader dies without a release. */
const DEATH_EVERY = 20;

/** The time in which a node trusted its lease, in monotonic ms; the end is exclusive. */
interface TrustedTerm {
  readonly fence: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

async function openNodes(open: () => Promise<Store>): Promise<Store[]> {
  return Promise.all(Array.from({ length: NODES }, () => open()));
}

/** Each node competes, leads for a moment and releases the lock or dies, until there were enough terms. */
async function compete(nodes: readonly Store[], ttlMs: number): Promise<TrustedTerm[]> {
  const terms: TrustedTerm[] = [];
  const play = async (node: Store): Promise<void> => {
    while (terms.length < TERMS) {
      const { lease, sentAtMs, repliedAtMs } = await acquire(node, ttlMs);
      const dies = terms.length % DEATH_EVERY === DEATH_EVERY - 1;
      const trustedUntilMs = sentAtMs + ttlMs;
      if (!dies) await pause(2);
      const untilMs = dies ? trustedUntilMs : Math.min(monotonicMs(), trustedUntilMs);
      terms.push({ fence: lease.fence, fromMs: repliedAtMs, untilMs });
      if (!dies) await node.releaseLock(lease);
    }
  };
  await Promise.all(nodes.map(play));
  return terms;
}

/** Eight nodes act at once. */
export const contentionCases: readonly ConformanceCase[] = casesOf("contention", [
  {
    name: "when eight nodes request a free lock at once, exactly one gets it",
    async run({ nodeA, ttlMs, open }) {
      const nodes = await openNodes(open);
      const freeLock = async (): Promise<unknown> => nodeA.releaseLock(await lead(nodeA, ttlMs));
      const competeOnce = async (): Promise<void> => {
        const answers = await Promise.all(nodes.map((node) => ask(node, ttlMs)));
        const leases = answers.filter((answer): answer is Lease => isLease(answer));
        await Promise.all(leases.map((lease) => nodeA.releaseLock(lease)));
        assert.equal(leases.length, 1, `${leases.length} of ${NODES} nodes got the lease`);
      };
      for (let time = 1; time <= 10; time += 1) await inOneTerm(ttlMs, freeLock, competeOnce);
    },
  },
  {
    name: "two nodes never lead at once while eight compete, release and die",
    async run({ ttlMs, open }) {
      const terms = await compete(await openNodes(open), ttlMs);
      terms.sort((one, other) => one.fence - other.fence);
      terms.reduce((earlier, later) => {
        assert.ok(later.fence > earlier.fence, `two terms have the fence ${later.fence}`);
        const overlapMs = earlier.untilMs - later.fromMs;
        assert.ok(
          overlapMs <= 2,
          `two nodes led at once for ${overlapMs.toFixed(1)} ms, or in another order than that of their fences`,
        );
        return later;
      });
    },
  },
  {
    name: "when eight nodes create the same entry at once, exactly one succeeds",
    async run({ open }) {
      const nodes = await openNodes(open);
      const answers = await Promise.all(
        nodes.map((node, index) =>
          node.setSchedule([{ name: "report", definition: `by node ${index}`, expectedRevision: null }]),
        ),
      );
      const winners = answers.flatMap(([answer], index) => (answer?.status === "done" ? [index] : []));
      assert.equal(winners.length, 1, `${winners.length} of ${NODES} nodes created the same entry`);
      for (const [answer] of answers) {
        if (answer?.status !== "conflict") continue;
        assert.equal(answer.entry?.definition, `by node ${winners[0]}`, "a conflict must return the stored entry");
      }
    },
  },
  {
    name: "when eight nodes increment one definition at once, no increment is lost",
    async run({ nodeA, open }) {
      await create(nodeA, "counter", "0");
      const count = async (node: Store): Promise<void> => {
        for (let added = 0; added < INCREMENTS;) {
          const { definition, revision } = await readEntry(node, "counter");
          const change = { name: "counter", definition: `${Number(definition) + 1}`, expectedRevision: revision };
          const [answer] = await node.setSchedule([change]);
          if (answer?.status === "done") added += 1;
        }
      };
      await Promise.all((await openNodes(open)).map(count));
      assert.equal((await readEntry(nodeA, "counter")).definition, `${NODES * INCREMENTS}`);
    },
  },
]);
