import type { UncountedRun } from "../entry/run-record.js";
import type { DueEntry, LiveEntry } from "../timetable/live-entry.js";
import type { Timetable } from "../timetable/timetable.js";
import type { CursorChange } from "../timetable/next-cursor.js";
import type { Attempt } from "./attempt.js";

/**
 * The cursor of an entry that has none is set before its first instant by this much, so that no store calls it early.
 */
const BEFORE_START_MS = 1_000;

/**
 * Counts requested runs in the cursors of their entries, once each: the cursor of a requested run moves once. The count
 * is lost if the term ends between the two moves (R28).
 */
export class RequestedRuns {
  readonly #timetable: Timetable;
  readonly #hasUnsaved: (entry: LiveEntry) => boolean;
  readonly #waiting = new Set<LiveEntry>();

  /** `hasUnsaved`: another move of the entry comes first. A later one counts its runs. */
  constructor(timetable: Timetable, hasUnsaved: (entry: LiveEntry) => boolean) {
    this.#timetable = timetable;
    this.#hasUnsaved = hasUnsaved;
  }

  /** Notes the requested runs among attempts whose cursor moved. */
  note(moved: readonly Attempt[]): void {
    for (const attempt of moved) {
      const { entry, messages, notTaken } = attempt;
      const { definition } = entry;
      const counted = definition.kind === "run" ? this.#timetable.entries.get(definition.of) : undefined;
      if (counted === undefined || counted.definition.kind !== "entry") continue;
      if (messages.length === 0 && notTaken === null) continue;
      const run = runOf(attempt);
      counted.uncounted = [...uncountedIn(counted, run.fence), run];
      this.#waiting.add(counted);
    }
  }

  /**
   * The entries with runs that are not counted yet, with a decision that sends nothing and leaves the cursor where it
   * is. An entry that is about to move anyway counts them then.
   */
  takeUncounted(now: number): DueEntry[] {
    const entries = [...this.#waiting];
    this.#waiting.clear();
    return entries
      .filter((entry) => this.#needsMove(entry))
      .map((entry) => {
        entry.inFlight = true;
        return { entry, decision: { send: [], to: positionOf(entry, now), skipped: 0, atLeast: false } };
      });
  }

  #needsMove(entry: LiveEntry): boolean {
    const { cursor, rule, unsentClaim, uncounted, inFlight } = entry;
    const isKnown = this.#timetable.entries.get(entry.name) === entry && !inFlight && uncounted.length > 0;
    if (this.#hasUnsaved(entry)) return false;
    // A claim is settled first (R25), and an entry without a cursor may be due for its `firstRun`.
    return isKnown && unsentClaim === null && cursor?.pending == null && (cursor !== null || rule.firstRun !== "now");
  }
}

/** The runs that a move of the term with this fence counts. */
export function uncountedIn({ uncounted }: LiveEntry, fence: number): readonly UncountedRun[] {
  return uncounted.length === 0 ? uncounted : uncounted.filter((run) => run.fence === fence);
}

/** The counts of a cursor that counts these runs. */
export function countRuns(
  runs: readonly UncountedRun[],
): Required<Pick<CursorChange, "requested" | "requestedSkipped" | "requestedGivenUp">> {
  const requestedSkipped = runs.filter(({ reason }) => reason !== undefined).length;
  const requestedGivenUp = runs.filter(({ reason }) => reason === "gave-up").length;
  return { requested: runs.length - requestedSkipped, requestedSkipped, requestedGivenUp };
}

/** What the history keeps of a requested run. */
function runOf({
  entry: { definition },
  messages,
  decision,
  cursor,
  failed,
  outcome,
  notTaken,
}: Attempt): UncountedRun {
  if (notTaken && definition.kind === "run") {
    return { id: definition.id, at: decision.to, sentAt: decision.to, fence: cursor.fence, reason: notTaken };
  }
  const { id, scheduledAt, fence } = messages[0]!;
  const run = { id, at: scheduledAt, sentAt: cursor.sentAt ?? scheduledAt, fence };
  return { ...run, ...(outcome.kind === "uncertain" && { uncertain: true }), ...(failed && { failed }) };
}

function positionOf({ cursor, rule }: LiveEntry, now: number): number {
  return cursor === null ? Math.trunc(Math.min(rule.effectiveFrom, now) - BEFORE_START_MS) : cursor.at;
}
