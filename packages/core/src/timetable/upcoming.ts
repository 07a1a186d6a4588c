import { NEW_CURSOR } from "../entry/cursor.js";
import { DueQueue } from "./due-queue.js";
import { isActive, type LiveEntry } from "./live-entry.js";
import { dueAt, nextToSend } from "./next-instant.js";

/** A future occurrence, provided that nothing changes until then. */
export interface Upcoming {
  /** Name of the entry. */
  readonly entry: string;
  /** Epoch ms of the instant. */
  readonly scheduledAt: number;
  /** Epoch ms at which it is sent: the instant, delayed by the entry's jitter and the occurrence's spread. */
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
  const waiting: { readonly entry: LiveEntry; cursor: LiveEntry["cursor"]; next: number }[] = [];
  for (const entry of entries) if (isActive(entry)) waiting.push({ entry, cursor: entry.cursor, next: 0 });
  const enqueue = (index: number): void => {
    const { entry, cursor } = waiting[index]!;
    const next = nextToSend(entry.rule, cursor);
    if (next === null) return;
    waiting[index]!.next = next;
    queue.set(index, dueAt(entry.rule, next));
  };
  for (const index of waiting.keys()) {
    enqueue(index);
    yield;
  }

  const found: Upcoming[] = [];
  while (found.length < count && queue.size > 0) {
    const runAt = queue.earliest;
    const index = queue.pop()!;
    const { entry, cursor, next: scheduledAt } = waiting[index]!;
    found.push({ entry: entry.name, scheduledAt, runAt });
    if (onceEach) continue;
    const before = cursor ?? NEW_CURSOR;
    waiting[index]!.cursor = { ...before, at: scheduledAt, runs: before.runs + 1 };
    enqueue(index);
  }
  return found;
}
