import {
  type Deadline,
  deadline,
  EARLY_MS,
  EDIT_MS,
  losesData,
  lostSince,
  PROMPT_MS,
  recoveryMs,
  ROUND_MS,
  type Window,
} from "./effects.js";
import type { Deviation, Finding } from "./finding.js";
import type { Arrival, Fault, RunRecord, Uncertain } from "./record.js";
import type { Span } from "./versions.js";

/** What all judgements of one run need. */
export interface Case {
  readonly record: RunRecord;
  readonly windows: readonly Window[];
}

/** One occurrence: an instant that a version certainly owes (`span`) or that only arrived, and its messages. */
export interface Occurrence {
  readonly entry: string;
  readonly instant: number;
  readonly arrivals: readonly Arrival[];
  /** The span that certainly owes it. */
  readonly span: Span | undefined;
  /** A later instant of the entry arrived. */
  readonly hasLater: boolean;
  /** How many earlier occurrences of the entry arrived since the instant and until this moment: they went first (R19). */
  before(moment: number): number;
}

/** All deviations of one occurrence that belongs to a rule. */
export function judgeOccurrence(given: Case, occurrence: Occurrence): Finding[] {
  const { arrivals } = occurrence;
  if (arrivals.length === 0) return [judgeMissing(given, occurrence)];
  return [...judgeCopies(given, occurrence), ...judgeTime(given, occurrence)];
}

function finding(
  deviation: Deviation,
  { entry, instant }: { readonly entry: string; readonly instant: number },
  explanation: string | null,
  detail: string,
): Finding {
  return { deviation, entry, instant, explanation, detail };
}

/** When the messages of an instant have to be there: after its own disturbances, and once the leader has read the rule. */
function dueBy({ windows, record }: Case, instant: number, span: Span | undefined): Deadline {
  const own = deadline(windows, instant, PROMPT_MS);
  if (span === undefined) return own;
  const read = deadline(windows, span.certainFrom, EDIT_MS + record.timing.commandTimeoutMs);
  if (read.at < instant || read.at + PROMPT_MS <= own.at) return own;
  const causes = [...new Set([...own.causes, ...read.causes, `${span.version.because} (R29)`])];
  return { at: read.at + PROMPT_MS, causes };
}

function judgeMissing(given: Case, occurrence: Occurrence): Finding {
  const detail = "no message arrived";
  const explain = (explanation: string | null): Finding => finding("missed", occurrence, explanation, detail);
  const { instant, hasLater, span } = occurrence;
  const { at, causes } = dueBy(given, instant, span);
  if (span === undefined) return explain("R15: not certainly owed");
  if (at >= span.certainTo) return explain(`R15: ${span.endedBy} before it had to be out`);
  const lost = given.record.faults.find((fault) => {
    return (losesData(fault, "store") || losesData(fault, "queue")) && touchesLoss(given, fault, instant);
  });
  if (lost) return explain(`R33: ${lost.kind}`);
  if (span.version.missed !== "all" && hasLater && causes.length > 0) {
    return explain(`R16: policy ${span.version.missed} after ${causes.join(", ")}`);
  }
  const { entry } = occurrence;
  return explain(explainUncertain(given, causes, (each) => each.entry === entry && each.instant === instant));
}

/**
 * At-most-once may lose an occurrence whose outcome is unknown, but never in silence (R25): a node has to report it. Only a
 * node that is killed may take its report with it.
 */
export function explainUncertain(
  { record }: Case,
  causes: readonly string[],
  isReported: (uncertain: Uncertain) => boolean,
): string | null {
  if (record.guarantee !== "P at-most-once" || causes.length === 0) return null;
  if (record.uncertain.some(isReported)) return `R25: reported as uncertain after ${causes.join(", ")}`;
  return causes.some((cause) => cause.startsWith("kill")) ? `R25: the report ended with ${causes.join(", ")}` : null;
}

/** A message or record around this moment may be gone with the data. */
function touchesLoss({ record }: Case, fault: Fault, moment: number): boolean {
  return moment >= lostSince(fault) - PROMPT_MS && moment <= fault.to + record.timing.ttlMs + recoveryMs(record.timing);
}

function judgeCopies(given: Case, occurrence: Occurrence): Finding[] {
  const { arrivals, instant } = occurrence;
  if (arrivals.length === 1) return [];
  const ids = new Set(arrivals.map(({ id }) => id));
  const detail = `${arrivals.length} messages, fences ${arrivals.map(({ fence }) => fence).join(", ")}`;
  if (ids.size > 1) return [finding("second id", occurrence, null, `${detail}, ids ${[...ids].join(", ")}`)];
  const last = Math.max(...arrivals.map(({ arrivedAt }) => arrivedAt));
  return [finding("repeated", occurrence, explainCopies(given, instant, last), detail)];
}

/** Why there are copies: data was lost (R32), or the guarantee allows them after a fault (R24). */
export function explainCopies(given: Case, first: number, last: number): string | null {
  const { guarantee, faults, timing } = given.record;
  const lost = faults.find((fault) => {
    const anyLoss = losesData(fault, "store") || losesData(fault, "queue");
    return anyLoss && fault.from <= last && fault.from >= first - recoveryMs(timing);
  });
  if (lost) return `R32: ${lost.kind}`;
  if (guarantee !== "P at-least-once") return null;
  const { causes } = deadline(given.windows, first, PROMPT_MS);
  const woken = faults.filter(
    ({ kind, from, to }) => kind === "pause" && from <= last && to + recoveryMs(timing) >= first,
  );
  const all = [...new Set([...causes, ...woken.map(({ kind }) => kind)])];
  return all.length > 0 ? `R24: ${all.join(", ")}` : null;
}

function judgeTime(given: Case, occurrence: Occurrence): Finding[] {
  const { instant, span } = occurrence;
  const first = Math.min(...occurrence.arrivals.map(({ arrivedAt }) => arrivedAt));
  if (first < instant - EARLY_MS) {
    const detail = `${instant - first} ms early`;
    return [finding("early", occurrence, explainEarly(given, instant, first), detail)];
  }
  const { at, causes } = dueBy(given, instant, span);
  const lateMs = first - instant;
  if (first > at + occurrence.before(first) * ROUND_MS) {
    const detail = `${lateMs} ms late, ${Math.round(first - at)} ms beyond its bound (${causes.join(", ") || "no fault"})`;
    return [finding("late", occurrence, null, detail)];
  }
  if (lateMs <= PROMPT_MS) return [];
  return [finding("late", occurrence, `I4: ${causes.join(", ")}`, `${lateMs} ms late`)];
}

/**
 * Only where nodes' clocks decide what is due may a clock that is ahead send early (R17). A node's estimate is as old as its
 * last question, one renewal ago (R4).
 */
function explainEarly({ record }: Case, instant: number, arrivedAt: number): string | null {
  if (!record.timing.nodeClock) return null;
  const estimateMs = record.timing.ttlMs / 3;
  const step = record.faults.find(({ kind, from, to, stepMs = 0 }) => {
    return (
      kind === "clock-step" &&
      stepMs + EARLY_MS >= instant - arrivedAt &&
      from <= arrivedAt &&
      arrivedAt <= to + estimateMs + PROMPT_MS
    );
  });
  return step ? `R17: clock ${step.stepMs} ms ahead` : null;
}
