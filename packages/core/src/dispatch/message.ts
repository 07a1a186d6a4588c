import { occurrenceId, occurrenceSuffix } from "../base/ids.js";
import type { Message, MessageOverlap } from "../contract/publisher.js";
import type { Lease } from "../contract/store.js";
import { backfillOf } from "../timetable/backfill.js";
import { entryNameOf, type LiveEntry } from "../timetable/live-entry.js";

/** The message of one occurrence. `skipped`: the number of skipped instants before it (R27). */
export function makeMessage(
  entry: LiveEntry,
  instant: number,
  skipped: number,
  lease: Lease,
  namespace: string,
): Message {
  const { rule, definition } = entry;
  const requested = definition.kind === "run";
  const resetId = resetIdOf(definition);
  const message: Message = {
    id: requested && !definition.backfill ? definition.id : occurrenceId(instant, idSuffixOf(entry, namespace)),
    entry: entryNameOf(entry),
    task: rule.task,
    args: rule.args,
    kwargs: rule.kwargs,
    options: rule.options,
    scheduledAt: instant,
    requested,
    expiresAt: rule.expiresMs === null ? null : instant + rule.expiresMs,
    fence: lease.fence,
    coalesced: rule.missed === "all" ? 0 : skipped,
    namespace,
    templateKey: rule,
  };
  const overlap = overlapOf(entry);
  if (resetId === undefined && !overlap) return message;
  return { ...message, ...(resetId !== undefined && { resetId }), ...(overlap && { overlap }) };
}

/** A backfill skips nothing, so its messages wait for the end of an earlier run (R52). */
function overlapOf(entry: LiveEntry): MessageOverlap | undefined {
  const { overlap } = entry.rule;
  if (overlap === "allow") return undefined;
  return backfillOf(entry) ? { ...overlap, waits: true } : overlap;
}

/** Hashed once per entry, not once per occurrence. */
function idSuffixOf(entry: LiveEntry, namespace: string): string {
  return (entry.idSuffix ??= occurrenceSuffix(namespace, entryNameOf(entry)));
}

/** The reset that the messages of a definition come after; `undefined`: there was none. */
export function resetIdOf(definition: LiveEntry["definition"]): string | undefined {
  return (definition.kind === "entry" && definition.ignoredCursor) || undefined;
}
