/** What attempts without success tell of publisher, store and entries: to the log, the events and the leader's report. */

import { type DeliveryHealth, failedEntry } from "../report/delivery-health.js";
import type { Reporter } from "../report/reporter.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import type { Attempt } from "./attempt.js";
import { type Failure, gotThrough } from "./retries.js";

/** Where it is told. */
export interface Reports {
  readonly reporter: Pick<Reporter, "failed" | "entryFailed">;
  readonly health: Pick<DeliveryHealth, "sendFailed" | "entryFailed">;
}

/** At most once: the publisher is to blame for what it did not confirm, unless it confirmed another in the same batch. */
export function reportUncertain({ health }: Reports, attempts: readonly Attempt[], now: number): void {
  const publisherWorks = attempts.some(gotThrough);
  for (const { entry, outcome } of attempts) {
    if (outcome.kind !== "uncertain") continue;
    if (publisherWorks) health.entryFailed(failedEntry(entry), outcome.error, now);
    else health.sendFailed(failedEntry(entry), outcome.error, now);
  }
}

/**
 * A failure of the publisher, or of the store for a whole batch, is reported once; otherwise each entry is. `sinceOf`: since when
 * the entry fails, epoch ms.
 */
export function reportFailures(
  { reporter, health }: Reports,
  failures: readonly Failure[],
  attempts: number,
  sinceOf: (entry: LiveEntry) => number,
): void {
  const reported = new Set<string>();
  for (const { entry, error, cause } of failures) {
    if (cause === "publisher") health.sendFailed(failedEntry(entry), error, sinceOf(entry));
    else if (cause === "entry") health.entryFailed(failedEntry(entry), error, sinceOf(entry));
    const isOfServer = cause === "publisher" || (cause === "store" && failures.length === attempts);
    if (!isOfServer) reporter.entryFailed(entry.name, error);
    else if (!reported.has(cause)) reporter.failed(cause, error);
    reported.add(cause);
  }
}
