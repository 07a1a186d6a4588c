/** Keeps all nodes from sending, so that what is read or written meanwhile stays as it is (R55). */

import { hostname } from "node:os";

import { sleep } from "../base/clock.js";
import { BeatxError } from "../base/errors.js";
import { encodeHold, HOLD_RECORD, type StoredHold } from "../entry/hold-record.js";
import { Leadership } from "../lease/leadership.js";
import type { Term } from "../lease/term.js";
import { type Connection, timeOf } from "./connection.js";
import { readNames } from "./read-entries.js";

/** The lifetime of a lease if the cluster record does not tell it, in ms. */
const LOCK_TTL_MS = 15_000;
const POLL_MS = 500;
/** A store may have to let this many lifetimes pass before it grants a lease (R33, R35). */
const WAITED_LIFETIMES = 4;
const WAITED_MS = 10_000;

/** Called with what a wait is for, in one sentence, as soon as that is known. */
export type OnWait = (reason: string) => void;

/**
 * Writes the hold, unless there is one: every node that reads it ends its term, and asks for no lease. Answers whether it was
 * written. @throws BeatxError `CONFLICT` if others keep changing it
 */
export async function placeHold(connection: Connection, purpose: "export" | "import"): Promise<boolean> {
  const { revision } = await readHoldRecord(connection);
  if (revision !== null) return false;
  const definition = encodeHold({ at: await timeOf(connection), by: connection.by, for: purpose });
  const [result] = await connection.store.setSchedule([{ name: HOLD_RECORD, definition, expectedRevision: null }]);
  return result!.status === "done";
}

/** Lets the nodes lead again. Answers whether there was a hold. @throws BeatxError `CONFLICT` */
export async function endHold(connection: Connection): Promise<boolean> {
  const { revision } = await readHoldRecord(connection);
  if (revision === null) return false;
  const [result] = await connection.store.setSchedule([
    { name: HOLD_RECORD, definition: null, expectedRevision: revision },
  ]);
  if (result!.status === "done") return true;
  throw new BeatxError("CONFLICT", "the hold was changed at the same time: try again");
}

async function readHoldRecord(connection: Connection): Promise<StoredHold> {
  return (await readNames(connection, [HOLD_RECORD])).records.hold;
}

/**
 * Works under a lease, which it gets as soon as the last term has ended: then nobody else sends or moves cursors. The lease is
 * renewed until `work` has ended. @throws BeatxError `CONFLICT` if a node goes on leading; what `work` throws
 */
export async function underLease<T>(
  connection: Connection,
  lockTtlMs: number | null,
  onWait: OnWait,
  work: (term: Term) => Promise<T>,
): Promise<T> {
  const { clock } = connection;
  const waiting = { reason: "" };
  const leadership = leadershipOf(connection, lockTtlMs ?? LOCK_TTL_MS, (reason) => {
    if (waiting.reason === reason) return;
    waiting.reason = reason;
    onWait(reason);
  });
  try {
    const term = await acquire(connection, leadership, lockTtlMs ?? LOCK_TTL_MS, () => waiting.reason);
    const ended = new AbortController();
    const renewing = (async (): Promise<void> => {
      while (!ended.signal.aborted) {
        await leadership.ensureLease();
        await sleep(clock, Math.max(1, Math.min(leadership.msUntilRequest, POLL_MS)), ended.signal);
      }
    })();
    try {
      return await work(term);
    } finally {
      ended.abort();
      await renewing;
    }
  } finally {
    await leadership.resign();
  }
}

async function acquire(
  { clock }: Connection,
  leadership: Leadership,
  ttlMs: number,
  reason: () => string,
): Promise<Term> {
  const until = clock.monotonicMs() + WAITED_LIFETIMES * ttlMs + WAITED_MS;
  for (;;) {
    await leadership.ensureLease();
    if (leadership.term) return leadership.term;
    if (clock.monotonicMs() > until) {
      const wayOut = "stop the nodes, and try again";
      throw new BeatxError("CONFLICT", `the lease could not be had: ${reason()}. So ${wayOut}`);
    }
    await sleep(clock, Math.max(1, Math.min(leadership.msUntilRequest, POLL_MS)));
  }
}

function leadershipOf({ store, clock }: Connection, lockTtlMs: number, onWait: OnWait): Leadership {
  const settings = {
    label: `beatx at ${hostname()}:${process.pid}`,
    lockTtlMs,
    renewEveryMs: Math.floor(lockTtlMs / 3),
    marginMs: lockTtlMs < 5_000 ? Math.ceil(lockTtlMs / 5) : Math.max(1_000, lockTtlMs / 10),
    standbyPollMs: Math.min(POLL_MS, lockTtlMs),
    // Its work is counted by batches, and each command has its deadline.
    stallLimitMs: Infinity,
  };
  const hooks = {
    onLeader: () => undefined,
    onStandby: () => undefined,
    onWaiting: ({ leader, reason }: { leader: { label: string } | null; reason?: string }) =>
      onWait(leader ? `${leader.label} still leads` : (reason ?? "no node may lead yet")),
    onError: (error: unknown) => onWait(error instanceof Error ? error.message : String(error)),
    mayCompete: () => true,
  };
  return new Leadership(store, clock, settings, hooks, Math.random);
}
