import type { FenceRegression, Overlap, StaleWrite } from "./findings.js";
import { findBeliefs, findFenceRegressions, findOverlaps, findStaleWrites } from "./findings.js";
import type { HammeredCall, HammerEvent, Journal } from "./journal.js";

/** The part of the report that does not come from the journals. */
export interface HammerRun {
  /** Pass it to `hammerStore` to repeat the random decisions. */
  readonly seed: number;
  readonly storeNames: readonly string[];
  readonly workers: number;
  readonly ttlMs: number;
  /** How long the workers were disturbed, in ms. */
  readonly durationMs: number;
  readonly workerStops: number;
  readonly workerKills: number;
  readonly serverPauses: number;
  readonly serverRestarts: number;
  /** One line for each worker that crashed or did not end, with the end of its stderr. */
  readonly workerCrashes: readonly string[];
}

export interface HammerReport extends HammerRun {
  /** Leases that a worker got in time to trust them. */
  readonly acquisitions: number;
  readonly renewals: number;
  /** Times that `acquireLock` was refused. */
  readonly refusals: number;
  /** Times that `renewLock` returned `false`. */
  readonly losses: number;
  /** Confirmed moves of the shared cursor. */
  readonly moves: number;
  /** Moves that were refused because of their lease. */
  readonly refusedMoves: number;
  /** Calls that failed, as by a refused connection or a missed deadline. The faults cause them. */
  readonly errors: number;
  /** Their most frequent messages. */
  readonly errorMessages: readonly string[];
  /** Times at which two workers acted as the leader, each trusting its lease. */
  readonly overlaps: readonly Overlap[];
  readonly fenceRegressions: readonly FenceRegression[];
  readonly staleWrites: readonly StaleWrite[];
  /** Calls that did not end, even long after their deadline. */
  readonly unended: readonly HammeredCall[];
  /** One sentence for each broken promise; empty if the store kept them all. */
  readonly problems: readonly string[];
}

const SHOWN_MESSAGES = 5;
const SHOWN_DETAILS = 5;

export function makeReport(run: HammerRun, journals: readonly Journal[]): HammerReport {
  const events = journals.flatMap((journal) => journal.events);
  const beliefs = findBeliefs(journals);
  const found = {
    overlaps: findOverlaps(beliefs),
    fenceRegressions: findFenceRegressions(beliefs),
    staleWrites: findStaleWrites(journals),
    unended: events.flatMap((event) => (event.kind === "unended" ? [event.call] : [])),
  };
  const failures = events.flatMap((event) => (event.kind === "failed" ? [`${event.call}: ${event.message}`] : []));
  return {
    ...run,
    ...countEvents(events),
    acquisitions: new Set(beliefs.map(({ worker, term }) => `${worker} ${term}`)).size,
    errors: failures.length,
    errorMessages: mostFrequent(failures),
    ...found,
    problems: findProblems({ ...run, ...found }),
  };
}

type Counts = Pick<HammerReport, "renewals" | "refusals" | "losses" | "moves" | "refusedMoves">;

function countEvents(events: readonly HammerEvent[]): Counts {
  const count = (isMeant: (event: HammerEvent) => boolean): number => events.filter(isMeant).length;
  const refused = (call: HammeredCall): number => count((event) => event.kind === "refused" && event.call === call);
  return {
    renewals: count((event) => event.kind === "believed" && event.by === "renewLock"),
    refusals: refused("acquireLock"),
    losses: refused("renewLock"),
    moves: count((event) => event.kind === "moved"),
    refusedMoves: refused("advance"),
  };
}

function mostFrequent(messages: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const message of messages) counts.set(message, (counts.get(message) ?? 0) + 1);
  const ranked = [...counts].sort(([, a], [, b]) => b - a);
  return ranked.slice(0, SHOWN_MESSAGES).map(([message, times]) => `${times} × ${message}`);
}

type Found = Pick<
  HammerReport,
  "overlaps" | "fenceRegressions" | "staleWrites" | "unended" | "workerCrashes" | "ttlMs"
>;

function findProblems({ overlaps, fenceRegressions, staleWrites, unended, workerCrashes, ttlMs }: Found): string[] {
  const pair = (overlap: Overlap): string => overlap.workers.join(" and ");
  return [
    ...overlaps.map(
      (overlap) =>
        `workers ${pair(overlap)} (fences ${overlap.fences.join(" and ")}) led at once for ${overlap.lengthMs.toFixed(1)} ms, with a lease of ${ttlMs} ms`,
    ),
    ...fenceRegressions.map(
      ({ worker, fence, earlier }) =>
        `worker ${worker} began to lead with fence ${fence} after worker ${earlier.worker} had led with ${earlier.fence}`,
    ),
    ...staleWrites.map(
      ({ worker, fence, newerFence }) =>
        `worker ${worker} wrote under fence ${fence} after a write under ${newerFence}`,
    ),
    ...unended.map((call) => `a call of ${call} did not end, even long after its deadline`),
    ...workerCrashes,
  ];
}

/** A summary of about ten lines, for a terminal. */
export function formatReport(report: HammerReport): string {
  const { problems } = report;
  const counted = [
    ["overlaps", report.overlaps],
    ["fence regressions", report.fenceRegressions],
    ["stale writes", report.staleWrites],
    ["unended calls", report.unended],
    ["worker crashes", report.workerCrashes],
  ] as const;
  const shown = problems.slice(0, SHOWN_DETAILS).map((problem) => `    ${problem.replaceAll("\n", "\n    ")}`);
  const more = problems.length > SHOWN_DETAILS ? [`    … and ${problems.length - SHOWN_DETAILS} more`] : [];
  return [
    `hammered ${report.storeNames.join(" + ")} for ${(report.durationMs / 1000).toFixed(1)} s: ` +
      `${report.workers} workers, lease of ${report.ttlMs} ms, seed ${report.seed}`,
    `  lease   ${report.acquisitions} acquired, ${report.renewals} renewed, ${report.losses} lost, ${report.refusals} refused`,
    `  cursor  ${report.moves} moves, ${report.refusedMoves} refused`,
    `  faults  ${report.workerStops} worker stops, ${report.workerKills} worker kills, ` +
      `${report.serverPauses} server pauses, ${report.serverRestarts} server restarts`,
    `  errors  ${report.errors}`,
    ...report.errorMessages.map((message) => `    ${message}`),
    `  ${problems.length === 0 ? "HELD" : "BROKEN"}: ${counted.map(([what, found]) => `${found.length} ${what}`).join(", ")}`,
    ...shown,
    ...more,
  ].join("\n");
}
