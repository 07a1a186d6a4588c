import { quoteName } from "../base/describe.js";
import type { Publisher } from "../contract/publisher.js";
import { overlapUnsupported } from "../publisher/overlap-support.js";
import { entryNameOf } from "../timetable/live-entry.js";
import { type Attempt, isSettledExceptCursor } from "./attempt.js";

/** Fails the attempts whose entries ask for what the publisher cannot do, and returns the others: nothing runs unprotected (R52). */
export function withoutRefused(attempts: readonly Attempt[], publisher: Publisher): readonly Attempt[] {
  if (publisher.skipsOverlap) return attempts;
  const refused = attempts.filter(
    (attempt) => attempt.entry.rule.overlap !== "allow" && !isSettledExceptCursor(attempt),
  );
  if (refused.length === 0) return attempts;
  for (const attempt of refused) {
    const field = `entry ${quoteName(entryNameOf(attempt.entry))}: overlap`;
    attempt.outcome = { kind: "failed", error: overlapUnsupported(field, publisher) };
  }
  return attempts.filter(({ outcome }) => outcome.kind !== "failed");
}
