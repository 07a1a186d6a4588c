import type { Fault, FaultKind, RunRecord, Stall, Timing } from "./record.js";

/** The longest time from an instant to its message when nothing is wrong: one tick, one publish, and one look at the queue. */
export const PROMPT_MS = 500;
/** The leader has read an edit by then (R29), with the time of the reading itself. */
export const EDIT_MS = 1_000;
/** A probe of the broker comes at most this long after the last failure (R26). */
const PROBE_MS = 1_000;
/** An entry that has waited sends one occurrence after the other (R19), each in a round of publishing and moving the cursor. */
export const ROUND_MS = 100;
/** Clocks of one machine, and the early limit of R18. */
export const EARLY_MS = 60;

/** I4: the longest take-over without further faults. */
export function takeOverMs({ ttlMs, standbyPollMs, commandTimeoutMs, watchedLock }: Timing): number {
  const commands = 4 * commandTimeoutMs;
  return watchedLock ? 1.25 * ttlMs + 1.2 * standbyPollMs + commands : ttlMs + 250 + commands;
}

/** For how long sending may be disturbed once a fault is over: a take-over, and the broker's next probe. */
export function recoveryMs(timing: Timing): number {
  return takeOverMs(timing) + PROBE_MS;
}

const STALL = "stall of the machine";

const DATA_LOSING: ReadonlySet<FaultKind> = new Set(["server-wipe", "server-roll-back", "server-evict", "promotion"]);
/** After these a store may have lost a lease, so it grants none for a ttl (R33). */
const LEASE_LOSING: ReadonlySet<FaultKind> = new Set([...DATA_LOSING, "server-restart"]);

/** Whether messages or records written before the fault may be gone. */
export function losesData(fault: Fault, of: "store" | "queue"): boolean {
  return DATA_LOSING.has(fault.kind) && (fault.server === of || fault.server === "both");
}

/** Since when data may be lost. Epoch ms. */
export function lostSince(fault: Fault): number {
  return fault.lostSince ?? fault.from - 1_000;
}

/** From when to when a fault may keep an occurrence from going out in time. Epoch ms. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly cause: string;
}

/** The window of one fault: I4 counts from its end, or from its beginning if another node takes over meanwhile. */
export function disturbance(fault: Fault, timing: Timing): Window {
  const recovery = recoveryMs(timing);
  // The other nodes go on without a node that is gone.
  const isLeft = fault.kind === "kill" || fault.kind === "stop" || (fault.kind === "pause" && !timing.sharedFiles);
  const end = isLeft ? Math.min(fault.to, fault.from + recovery) : fault.to;
  const guard = LEASE_LOSING.has(fault.kind) && fault.server !== "queue" ? timing.ttlMs : 0;
  const from = losesData(fault, "store") || losesData(fault, "queue") ? lostSince(fault) : fault.from;
  return { from, to: end + recovery + guard + Math.abs(fault.stepMs ?? 0), cause: fault.kind };
}

/** A long stall of a node or the store is like a pause of it; a short one only delays. */
function stallWindow({ of, from, to }: Stall, timing: Timing): Window {
  const mayLoseLease = of !== "collector" && to - from > timing.ttlMs / 5;
  return { from, to: mayLoseLease ? to + recoveryMs(timing) : to, cause: STALL };
}

/** All windows of a run, in the order of their beginnings. */
export function disturbances({ faults, stalls, timing }: RunRecord): Window[] {
  const windows = [
    ...faults.map((fault) => disturbance(fault, timing)),
    ...stalls.map((each) => stallWindow(each, timing)),
  ];
  return windows.toSorted((a, b) => a.from - b.from);
}

/** A moment, and the faults that moved it there. */
export interface Deadline {
  readonly at: number;
  readonly causes: readonly string[];
}

/**
 * When something that is due at `moment` and takes `withinMs` has to be done. Every window that it meets on the way starts
 * the time again: it is due `withinMs` after the last of a chain of faults.
 */
export function deadline(windows: readonly Window[], moment: number, withinMs: number): Deadline {
  let at = moment + withinMs;
  const causes = new Set<string>();
  for (const { from, to, cause } of windows) {
    if (from > at) break;
    if (to < moment) continue;
    causes.add(cause);
    at = Math.max(at, to + withinMs);
  }
  // A stall explains only what no fault does.
  if (causes.size > 1) causes.delete(STALL);
  return { at, causes: [...causes] };
}

/** How much of the judged time, in ms, lies in no window of a fault or stall: there every occurrence has to be prompt. */
export function undisturbedMs(record: RunRecord): number {
  let reached = record.from;
  let quietMs = 0;
  for (const { from, to } of disturbances(record)) {
    quietMs += Math.max(0, Math.min(from, record.to) - reached);
    reached = Math.max(reached, to);
  }
  return quietMs + Math.max(0, record.to - reached);
}
