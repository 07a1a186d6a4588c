import type { HammerEvent, Journal } from "./journal.js";

/** A span of time in which one worker acted as the leader, under one lease. */
export interface Belief {
  readonly worker: string;
  readonly term: number;
  readonly fence: number;
  /** `machineMs` */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Two workers that acted as the leader at the same time. */
export interface Overlap {
  readonly workers: readonly [string, string];
  readonly fences: readonly [number, number];
  /** When it began and how long it lasted, in ms. */
  readonly atMs: number;
  readonly lengthMs: number;
}

/** A term that began later than another but does not have the higher fence. */
export interface FenceRegression {
  readonly worker: string;
  readonly fence: number;
  readonly earlier: { readonly worker: string; readonly fence: number };
}

/** A confirmed move of the shared cursor under an older lease, after a move under a newer one. */
export interface StaleWrite {
  readonly worker: string;
  readonly fence: number;
  readonly newerFence: number;
}

type Moved = Extract<HammerEvent, { kind: "moved" }>;

/** All beliefs, ordered by their beginning. A belief that was renewed in time counts as one. */
export function findBeliefs(journals: readonly Journal[]): Belief[] {
  return journals.flatMap(beliefsOf).sort((a, b) => a.fromMs - b.fromMs);
}

function beliefsOf({ worker, events }: Journal): Belief[] {
  const beliefs: Belief[] = [];
  for (const event of events) {
    const last = beliefs.at(-1);
    if (event.kind === "believed") {
      const { term, fence, atMs, untilMs } = event;
      if (atMs >= untilMs) continue; // The answer came too late to act as the leader.
      const goesOn = last?.term === term && atMs <= last.untilMs;
      if (goesOn) beliefs[beliefs.length - 1] = { ...last, untilMs };
      else beliefs.push({ worker, term, fence, fromMs: atMs, untilMs });
    } else if (event.kind === "ended" && last?.term === event.term) {
      beliefs[beliefs.length - 1] = { ...last, untilMs: Math.min(last.untilMs, event.atMs) };
    }
  }
  return beliefs;
}

/** Expects `beliefs` ordered by their beginning. */
export function findOverlaps(beliefs: readonly Belief[]): Overlap[] {
  const overlaps: Overlap[] = [];
  let open: Belief[] = [];
  for (const belief of beliefs) {
    open = open.filter((other) => other.untilMs > belief.fromMs);
    for (const other of open) {
      if (other.worker === belief.worker) continue;
      overlaps.push({
        workers: [other.worker, belief.worker],
        fences: [other.fence, belief.fence],
        atMs: belief.fromMs,
        lengthMs: Math.min(other.untilMs, belief.untilMs) - belief.fromMs,
      });
    }
    open.push(belief);
  }
  return overlaps;
}

/** Expects `beliefs` ordered by their beginning. */
export function findFenceRegressions(beliefs: readonly Belief[]): FenceRegression[] {
  const regressions: FenceRegression[] = [];
  const seen = new Set<string>();
  let highest: Belief | undefined;
  for (const belief of beliefs) {
    const term = `${belief.worker} ${belief.term}`;
    if (seen.has(term)) continue;
    seen.add(term);
    if (highest && belief.fence <= highest.fence) {
      const { worker, fence } = highest;
      regressions.push({ worker: belief.worker, fence: belief.fence, earlier: { worker, fence } });
    } else highest = belief;
  }
  return regressions;
}

/**
 * A move is stale when the cursor that it replaced was written under a newer fence, or when a move under a newer fence was
 * confirmed before it was sent.
 */
export function findStaleWrites(journals: readonly Journal[]): StaleWrite[] {
  const moves = journals.flatMap(({ worker, events }) =>
    events.filter((event) => event.kind === "moved").map((move) => ({ ...move, worker })),
  );
  const newestBefore = newestConfirmedBefore(moves);
  return moves.flatMap(({ worker, fence, from, sentAtMs }) => {
    const newerFence = Math.max(from === null ? 0 : fenceOfCursor(from), newestBefore(sentAtMs));
    return newerFence > fence ? [{ worker, fence, newerFence }] : [];
  });
}

/** Returns a function that finds the highest fence of all moves confirmed before a moment; 0 if there are none. */
function newestConfirmedBefore(moves: readonly Moved[]): (atMs: number) => number {
  const confirmed = moves.toSorted((a, b) => a.repliedAtMs - b.repliedAtMs);
  const highest: number[] = [];
  for (const { fence } of confirmed) highest.push(Math.max(fence, highest.at(-1) ?? 0));
  return (atMs) => {
    let [low, high] = [0, confirmed.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (confirmed[middle]!.repliedAtMs < atMs) low = middle + 1;
      else high = middle;
    }
    return highest[low - 1] ?? 0;
  };
}

/** A cursor that no other move writes. It holds the fence under which it was written. */
export function makeCursor(fence: number, unique: string): string {
  return `${fence} ${unique}`;
}

function fenceOfCursor(cursor: string): number {
  return Number(cursor.slice(0, cursor.indexOf(" ")));
}
