import type { Cursor } from "../entry/cursor.js";
import { DueQueue } from "./due-queue.js";
import { nextInstant } from "./due.js";
import { isActive, type LiveEntry } from "./live-entry.js";

const NOTHING_RAN: Cursor = { at: 0, runs: 0, skipped: 0, fence: 0, sentAt: null, pending: null, uncertain: 0 };

/** A future occurrence, provided that nothing changes until then. */
export interface Upcoming {
  /** Name of the entry. */
  readonly entry: string;
  /** Epoch ms of the instant. */
  readonly scheduledAt: number;
  /** Epoch ms at which it is sent: the instant, delayed by the entry's jitter. */
  readonly runAt: number;
}

/**
 * The next `count` occurrences of the entries, earliest first, including those that are overdue. Yields after each entry, so
 * that the caller can pause.
 */
export function* upcoming(entries: Iterable<LiveEntry>, count: number): Generator<void, Upcoming[]> {
  const queue = new DueQueue();
  const waiting: { readonly entry: LiveEntry; cursor: LiveEntry["cursor"] }[] = [];
  for (const entry of entries) if (isActive(entry)) waiting.push({ entry, cursor: entry.cursor });
  const enqueue = (index: number): void => {
    const { entry, cursor } = waiting[index]!;
    const next = nextInstant(entry.rule, cursor);
    if (next !== null) queue.set(index, next + entry.rule.offsetMs);
  };
  for (const index of waiting.keys()) {
    enqueue(index);
    yield;
  }

  const found: Upcoming[] = [];
  while (found.length < count && queue.size > 0) {
    const runAt = queue.earliest;
    const index = queue.pop()!;
    const { entry, cursor } = waiting[index]!;
    const scheduledAt = runAt - entry.rule.offsetMs;
    found.push({ entry: entry.name, scheduledAt, runAt });
    const before = cursor ?? NOTHING_RAN;
    waiting[index]!.cursor = { ...before, at: scheduledAt, runs: before.runs + 1 };
    enqueue(index);
  }
  return found;
}
