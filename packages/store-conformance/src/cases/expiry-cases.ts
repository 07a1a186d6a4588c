import assert from "node:assert/strict";
import { isLease, type Lease } from "@beatx/core/adapter";
import { pause } from "../base/pause.js";
import { casesOf, type CaseContext, type ConformanceCase } from "./conformance-case.js";
import { acquire, ask, ATTEMPTS, assertLivesUntilTaken, monotonicMs, newToken } from "./nodes.js";

const PHASES = 8;

/** Calls `prolong` half-way through a term; from then on the lease must live a whole lifetime. */
async function assertProlongs(
  { nodeA, nodeB, ttlMs }: CaseContext,
  prolong: (lease: Lease) => Promise<boolean>,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { lease } = await acquire(nodeA, ttlMs);
    await pause(ttlMs / 2);
    const sentAtMs = monotonicMs();
    if (await prolong(lease)) return assertLivesUntilTaken(nodeB, ttlMs, sentAtMs);
  }
  assert.fail(`${ATTEMPTS} leases could not be extended half-way through their ${ttlMs} ms`);
}

/** A lease never lives for less than its lifetime, and it does end. */
export const expiryCases: readonly ConformanceCase[] = casesOf("expiry", [
  {
    name: "a lease that is not renewed goes to another node, but never before its lifetime has passed",
    async run({ nodeA, nodeB, ttlMs }) {
      const { sentAtMs } = await acquire(nodeA, ttlMs);
      await assertLivesUntilTaken(nodeB, ttlMs, sentAtMs);
    },
  },
  {
    name: "a lease lives its whole lifetime, whatever the phase of the backend's clock",
    async run({ nodeA, namespace, ttlMs, open }) {
      const spanMs = Math.max(100, nodeA.capabilities.lockResolutionMs);
      const phases = Array.from({ length: PHASES }, async (_, phase) => {
        const own = `${namespace}-phase-${phase}`;
        const [first, second] = [await open(own), await open(own)];
        await pause((spanMs * phase) / PHASES);
        const { sentAtMs } = await acquire(first, ttlMs);
        await assertLivesUntilTaken(second, ttlMs, sentAtMs);
      });
      await Promise.all(phases);
    },
  },
  {
    name: "a renewed lease lives a whole lifetime from when the renewal was sent",
    run: (context) => assertProlongs(context, (lease) => context.nodeA.renewLock(lease, context.ttlMs)),
  },
  {
    name: "a lease acquired again with the same token lives a whole lifetime from when the request was sent",
    run: (context) =>
      assertProlongs(context, async (lease) => {
        const again = await ask(context.nodeA, context.ttlMs, lease.token);
        return isLease(again) && again.fence === lease.fence;
      }),
  },
  {
    name: "refused requests and refused renewals do not extend the leader's lease",
    async run({ nodeA, nodeB, ttlMs, open }) {
      const { lease } = await acquire(nodeA, ttlMs);
      const nodeC = await open();
      let taken = false;
      const nuisance = async (): Promise<void> => {
        while (!taken) {
          await nodeC.renewLock({ ...lease, token: newToken() }, ttlMs);
          await pause(ttlMs / 10);
        }
      };
      const annoying = nuisance();
      await acquire(nodeB, ttlMs).finally(() => (taken = true));
      await annoying;
    },
  },
  {
    name: "a standby that waits retryAfterMs after each refusal gets the lease soon after it runs out",
    async run({ nodeA, nodeB, ttlMs }) {
      await acquire(nodeA, ttlMs);
      let answer = await ask(nodeB, ttlMs);
      for (let asks = 1; !isLease(answer); asks += 1) {
        assert.ok(
          asks < 20,
          `20 requests, each after retryAfterMs, were refused; the last refusal was ${JSON.stringify(answer)}`,
        );
        await pause(answer.retryAfterMs + 1);
        answer = await ask(nodeB, ttlMs);
      }
    },
  },
]);
