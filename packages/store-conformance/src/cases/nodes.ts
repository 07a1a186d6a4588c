import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { BeatxError, type ErrorCode, type Store, systemClock } from "@beatx/core";
import { isLease, type Lease, type LockHeld } from "@beatx/core/adapter";
import { pause } from "../base/pause.js";

/** Waits end with events; this only stops one that would never end. */
const PATIENCE_MS = 60_000;
const POLL_MS = 5;

/** The most times that a case starts anew because the machine was too slow for the lifetime of its lease. */
export const ATTEMPTS = 20;

/**
 * A lease of this length does not run out during a case, however slow the machine. Only renewals ask for it: by contract
 * all lock requests of a namespace name the same lifetime.
 */
export const LONG_TTL_MS = 600_000;

/** A lease may seem to end this much too early, in ms, because of measuring and rounding. */
const MEASURING_MS = 2;

/** A lease, and when (monotonic ms) it was requested and granted. */
export interface Term {
  readonly lease: Lease;
  readonly sentAtMs: number;
  readonly repliedAtMs: number;
}

export function monotonicMs(): number {
  return systemClock.monotonicMs();
}

export function newToken(): string {
  return randomUUID();
}

/** Requests the lock once. */
export function ask(
  node: Store,
  ttlMs: number,
  token: string = newToken(),
  label = "a node",
): Promise<Lease | LockHeld> {
  return node.acquireLock({ token, ttlMs, label });
}

/** Requests the lock until it is granted, as a standby does: a store may let no node lead for a while (`LockHeld.reason`). */
export async function acquire(node: Store, ttlMs: number, token: string = newToken(), label?: string): Promise<Term> {
  const givenUpAtMs = monotonicMs() + PATIENCE_MS;
  for (;;) {
    const sentAtMs = monotonicMs();
    const answer = await ask(node, ttlMs, token, label);
    if (isLease(answer)) return { lease: answer, sentAtMs, repliedAtMs: monotonicMs() };
    const refusal = JSON.stringify(answer);
    assert.ok(monotonicMs() < givenUpAtMs, `no node could lead for ${PATIENCE_MS} ms; the last refusal was ${refusal}`);
    await pause(Math.min(POLL_MS, Math.max(0, answer.retryAfterMs)));
  }
}

/**
 * Acquires the lock and extends it, so that the term outlasts the case. The first request is short because a store that
 * guards against lost leases makes every node wait for the requested lifetime.
 */
export async function lead(node: Store, ttlMs: number, token: string = newToken(), label?: string): Promise<Lease> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { lease } = await acquire(node, ttlMs, attempt === 0 ? token : newToken(), label);
    if (await node.renewLock(lease, LONG_TTL_MS)) return lease;
    // On a slow machine the lease may have run out before its renewal.
  }
  return assert.fail(`${ATTEMPTS} fresh leases of ${ttlMs} ms could not be renewed`);
}

/** Node A leads until its lease runs out, then node B leads until the case ends. */
export async function takeOver(nodeA: Store, nodeB: Store, ttlMs: number): Promise<{ stale: Lease; current: Lease }> {
  const { lease: stale } = await acquire(nodeA, ttlMs);
  return { stale, current: await lead(nodeB, ttlMs) };
}

/** Asserts that another node gets the lock, and not before `ttlMs` has passed since `sentAtMs`. */
export async function assertLivesUntilTaken(other: Store, ttlMs: number, sentAtMs: number): Promise<void> {
  const { repliedAtMs } = await acquire(other, ttlMs);
  const livedMs = repliedAtMs - sentAtMs;
  const promise = `another node took a lease of ${ttlMs} ms only ${livedMs.toFixed(1)} ms after it was requested`;
  assert.ok(livedMs >= ttlMs - MEASURING_MS, promise);
}

/**
 * Plays a scene in which a lease of `ttlMs` must not run out. If it fails after a longer time, the machine was too slow:
 * it is played again, from `prepare` on.
 */
export async function inOneTerm<T>(
  ttlMs: number,
  prepare: () => Promise<T>,
  play: (prepared: T) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const prepared = await prepare();
    const beganAtMs = monotonicMs();
    try {
      return await play(prepared);
    } catch (failure) {
      if (attempt === ATTEMPTS || monotonicMs() - beganAtMs < ttlMs) throw failure;
    }
  }
}

export async function assertHolds(node: Store, lease: Lease): Promise<void> {
  assert.equal(await node.renewLock(lease, LONG_TTL_MS), true, "the leader cannot renew its valid lease");
}

export async function assertRefused(node: Store, ttlMs: number, token?: string): Promise<LockHeld> {
  const answer = await ask(node, ttlMs, token);
  assert.ok(!isLease(answer), "a second node got the lease while another leads");
  return answer;
}

/** Asserts that the call rejects with an error of beatx, with this code if one is given. */
export async function assertRejects(call: Promise<unknown>, what: string, code?: ErrorCode): Promise<void> {
  const rejection: unknown = await call.then(
    () => assert.fail(`${what}: expected a rejection${code ? ` with ${code}` : ""}, but the call resolved`),
    (error: unknown) => error,
  );
  if (rejection instanceof assert.AssertionError) throw rejection;
  assert.ok(
    BeatxError.isInstance(rejection),
    `${what}: rejected with ${String(rejection)}, which is no error of beatx`,
  );
  if (code) assert.equal(rejection.code, code, what);
}

/** Repeats `check` until it returns `true`. */
export async function eventually(what: string, check: () => Promise<boolean>): Promise<void> {
  const givenUpAtMs = monotonicMs() + PATIENCE_MS;
  while (!(await check())) {
    assert.ok(monotonicMs() < givenUpAtMs, `${what} did not happen within ${PATIENCE_MS} ms`);
    await pause(POLL_MS);
  }
}
