import { NEW_CURSOR } from "../entry/cursor.js";
import { DueQueue } from "./due-queue.js";
import { isActive, type LiveEntry } from "./live-entry.js";
import { nextToSend } from "./next-instant.js";

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
 * The next `count` occurrences of the entries, earliest first, including those that are overdue; with `onceEach` the
 * next one of each entry. Yields after each entry, so that the caller can pause.
 */
export function* upcoming(
  entries: Iterable<LiveEntry>,
  count: number,
  { onceEach = false }: { readonly onceEach?: boolean } = {},
): Generator<void, Upcoming[]> {
  const queue = new DueQueue();
  const waiting: { readonly entry: LiveEntry; cursor: LiveEntry["cursor"] }[] = [];
  for (const entry of entries) if (isActive(entry)) waiting.push({ entry, cursor: entry.cursor });
  const enqueue = (index: number): void => {
    const { entry, cursor } = waiting[index]!;
    const next = nextToSend(entry.rule, cursor);
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
    if (onceEach) continue;
    const before = cursor ?? NEW_CURSOR;
    waiting[index]!.cursor = { ...before, at: scheduledAt, runs: before.runs + 1 };
    enqueue(index);
  }
  return found;
}
