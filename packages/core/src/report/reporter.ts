import type { Clock } from "../base/clock.js";
import { BeatxError } from "../base/errors.js";
import { describe, namesIn, quoteName, showName, withoutNumbers } from "../base/describe.js";
import type { Message } from "../contract/publisher.js";
import { ScheduleTypes } from "../discovery/schedule-types.js";
import type { NotTaken } from "../entry/run-record.js";
import type { RunReport } from "../publisher/handler-runs.js";
import type { ApplicationMergeReport } from "../sync/application-merge.js";
import type { FollowedChanges } from "../sync/schedule-follower.js";
import { type DueEntry, entryNameOf } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";
import { ChangeLog } from "./change-log.js";
import { asError, EntryLog } from "./entry-log.js";
import type { BeatEmitter, BeatEvents, GaveUp } from "./events.js";
import type { Logger } from "./logger.js";
import { describeMerge } from "./merge-log.js";
import { NoticeLog } from "./notice-log.js";
import { OutageLog, type Peer } from "./outage-log.js";
import { ProgressLog } from "./progress-log.js";

/** Emits events and writes log lines. A change is logged once, not at every attempt or tick. */
export class Reporter {
  readonly #emitter: BeatEmitter;
  readonly #logger: Logger;
  readonly #types: ScheduleTypes;
  readonly #warned = new Set<string>();
  /** The revisions of broken entries that were reported, by name. */
  readonly #broken = new Map<string, string>();
  #brokenCount = 0;
  readonly #outages: OutageLog;
  readonly #progress: ProgressLog;
  readonly #notices: NoticeLog;
  readonly #changes: ChangeLog;
  readonly #entries: EntryLog;
  /** Why the first uncertain occurrence of this tick was not confirmed. */
  #unconfirmed: Error | null = null;

  constructor(emitter: BeatEmitter, logger: Logger, clock: Clock, types: ScheduleTypes = new ScheduleTypes()) {
    this.#types = types;
    this.#emitter = emitter;
    this.#logger = logger;
    this.#outages = new OutageLog(logger, clock);
    this.#progress = new ProgressLog(logger, clock);
    this.#notices = new NoticeLog(logger, clock);
    this.#changes = new ChangeLog(logger, clock);
    this.#entries = new EntryLog(emitter, logger, clock);
  }

  /** Long work with entries of the schedule goes on: one line every few seconds. */
  progress(work: string, done: number, total?: number): void {
    this.#progress.note(work, done, total);
  }

  /** Logged when it begins, for new reasons of a publisher, and once a minute; an `error` event each time. */
  failed(peer: Peer, error: unknown): void {
    this.#outages.failed(peer, error);
    this.#emitter.tell("error", asError(error));
  }

  /** One entry fails while others go out: logged when that begins. All that fail in one tick share a line and an event. */
  entryFailed(entry: string, error: unknown): void {
    this.#entries.failed(entry, error);
  }

  /** A term has ended: the next one reports failures of entries anew. */
  termEnded(): void {
    this.#entries.termEnded();
  }

  /** Ends a tick: logs what happened to single entries, in a few lines however many there are. */
  logEntries(): void {
    this.#entries.flush();
    this.#changes.flush();
    if (this.#unconfirmed) this.failed("publisher", this.#unconfirmed);
    this.#unconfirmed = null;
  }

  works(peer: Peer): void {
    this.#outages.works(peer);
  }

  /** `notTaken`: why the queue did not take the last of the skipped occurrences. `now`: cluster time, epoch ms. */
  done(due: DueEntry, messages: readonly Message[], now: number, notTaken: NotTaken | null = null): void {
    this.#entries.gotThrough(due.entry.name);
    for (const { id, entry, task, scheduledAt, fence } of messages) {
      this.#emitter.tell("published", { id, entry, task, scheduledAt, lateMs: now - scheduledAt, fence });
    }
    this.#skipped(due, notTaken);
  }

  #skipped({ entry, decision: { skipped, atLeast, to } }: DueEntry, notTaken: NotTaken | null): void {
    if (skipped === 0) return;
    const byPolicy = notTaken === null ? skipped : skipped - 1;
    const name = entryNameOf(entry);
    this.#noteMissed({ entry: name, count: byPolicy, atLeast, until: to, reason: "policy" });
    if (notTaken) this.#noteMissed({ entry: name, count: 1, atLeast: false, until: to, reason: notTaken });
  }

  #noteMissed(event: BeatEvents["missed"][0]): void {
    const { entry, count, reason } = event;
    if (count === 0) return;
    this.#emitter.tell("missed", event);
    this.#entries.missed(reason, entry, count);
  }

  /** An occurrence was given up, and the cursor has moved past it (R54). */
  gaveUp(gaveUp: GaveUp): void {
    this.#emitter.tell("gave-up", gaveUp);
    this.#entries.gaveUp(gaveUp);
  }

  /** At most once: an earlier leader claimed the occurrence and left no outcome (R25). */
  openClaim(claimed: Message): void {
    const { id, entry, scheduledAt } = claimed;
    this.#emitter.tell("uncertain", { id, entry, scheduledAt });
    this.#entries.openClaim(claimed);
  }

  /** At most once: the occurrence may or may not be sent (R25). */
  uncertain(due: DueEntry, { id, entry, scheduledAt }: Message, error: Error): void {
    this.#emitter.tell("uncertain", { id, entry, scheduledAt });
    this.#skipped(due, null);
    this.#unconfirmed ??= error;
  }

  /** A function of `handlers` has ended. */
  run(report: RunReport): void {
    this.#emitter.tell("run", report);
    if (report.outcome === "failed") this.#entries.runFailed(report);
  }

  /** One debug line per batch. `moved`: the cursors that moved; the other attempts are made again. */
  batch(attempts: number, moved: number): void {
    this.#logger.debug?.({ attempts, moved }, "batch sent");
  }

  /** Damage that the store has found. */
  notices(lines: readonly string[]): void {
    this.#notices.note(lines);
  }

  /** This node has written entries of its application; `null`: there were none to write. */
  merged(merge: ApplicationMergeReport | null): void {
    for (const [name, error] of merge?.tooLarge ?? []) this.entryFailed(name, error);
    for (const line of merge ? describeMerge(merge.notes) : []) this.#logger.warn({}, line);
  }

  /** Logs each line once. */
  warnings(lines: readonly string[]): void {
    for (const line of lines) this.#warnOnce(line, line);
  }

  /** The warnings of one check. A line that differs from an earlier check's only in its numbers was logged before. */
  publisherWarnings(lines: readonly string[]): void {
    const counts = new Map<string, number>();
    for (const line of lines) {
      const form = withoutNumbers(line);
      const count = (counts.get(form) ?? 0) + 1;
      counts.set(form, count);
      this.#warnOnce(`${form} ${count}`, line);
    }
  }

  #warnOnce(key: string, line: string): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#logger.warn({}, line);
  }

  changed({ added, updated, removed, isLost }: Omit<FollowedChanges, "isComplete">): void {
    if (isLost) {
      this.#logger.warn({}, "the store has lost the schedule; the leader writes it back from memory");
    }
    if (added.length + updated.length + removed.length === 0) return;
    this.#emitter.tell("changed", { added, updated, removed });
    for (const name of removed) this.#entries.gotThrough(name);
    this.#changes.note(added.length, updated.length, removed.length);
  }

  /** `entries`: those whose stored cursor is older than the one in memory (R32). */
  wentBack(entries: number): void {
    this.#entries.wentBack(entries);
  }

  /** `isOneStep`: the queue lies in the same store. */
  stateLost(restored: number, cursorsKept: boolean, isOneStep: boolean): void {
    const kept = isOneStep
      ? "their cursors, too; messages that waited in its queue are lost"
      : "their cursors, too; messages are lost only if their queue was on the same server";
    const rest = cursorsKept ? kept : "occurrences due between the loss and now are not sent";
    const entries = restored === 1 ? "1 entry was" : `${restored} entries were`;
    const message = `the store had lost its data: ${entries} written back from memory; ${rest}`;
    this.#logger.warn({ restored, cursorsKept }, message);
    this.#emitter.tell("state-lost", { restored, cursorsKept, message });
  }

  /**
   * Reports each broken entry once per revision: all that were found together in one line and one event, and those whose
   * schedule type is missing once per type. A client's `status` names them all.
   */
  brokenEntries(timetable: Timetable): void {
    if (timetable.broken.found === this.#brokenCount) return;
    this.#brokenCount = timetable.broken.found;
    const missing = new Set<string>();
    const found: [string, BeatxError][] = [];
    for (const [name, { revision, error, missingType }] of timetable.broken) {
      if (this.#broken.get(name) === revision) continue;
      this.#broken.set(name, revision);
      if (missingType === undefined) found.push([name, error]);
      else missing.add(missingType);
    }
    this.#foundBroken(found);
    for (const type of missing) this.#missesType(timetable, type);
  }

  #foundBroken(found: readonly (readonly [string, BeatxError])[]): void {
    const [first] = found;
    if (!first) return;
    const [name, error] = first;
    if (found.length === 1) return this.#broke({ entry: showName(name) }, error);
    const names = namesIn(found.map(([each]) => each));
    const message = `${found.length} stored entries are broken (${names}): ${error.message}`;
    this.#broke({ entries: found.length }, new BeatxError("BAD_ENTRY", message, { cause: error }));
  }

  #missesType(timetable: Timetable, type: string): void {
    const names = [...timetable.broken].filter(([, { missingType }]) => missingType === type).map(([name]) => name);
    const why = this.#types.reasonMissing(type) ?? `the schedule type ${describe(type)} is unknown`;
    const which =
      names.length === 1
        ? `the stored entry ${quoteName(names[0]!)} is broken`
        : `${names.length} stored entries are broken (${namesIn(names)})`;
    const message = `${which}: ${why}`;
    this.#broke({ scheduleType: type, entries: names.length }, new BeatxError("BAD_ENTRY", message));
  }

  #broke(fields: object, error: Error): void {
    this.#logger.error(fields, error.message);
    this.#emitter.tell("error", error);
  }

  /** Which server an error comes from; an error of one message counts as the publisher's. */
  static peerOf(error: unknown): Peer {
    const codes = ["STORE", "CONFLICT", "VALUE_TOO_LARGE", "BAD_ENTRY"] as const;
    return codes.some((code) => BeatxError.hasCode(error, code)) ? "store" : "publisher";
  }
}
