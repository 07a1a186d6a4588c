import { type RecordHead, table } from "@beatx/test-servers";
import { undisturbedMs } from "./checker/effects.js";
import type { Finding } from "./checker/finding.js";
import type { Verdict } from "./checker/judge.js";
import type { FaultKind, RunRecord } from "./checker/record.js";

/** What a run of one pair showed, in numbers. */
export interface PairFigures {
  readonly pair: string;
  readonly class: string;
  readonly seed: number;
  readonly minutes: number;
  /** Minutes in which no fault, recovery or stall of the machine excuses anything. */
  readonly undisturbedMinutes: number;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly edits: number;
  /** Occurrences that were certainly owed. */
  readonly due: number;
  /** Messages that arrived. */
  readonly sent: number;
  /** By rule and fault, such as `R24: kill`. */
  readonly missed: Readonly<Record<string, number>>;
  readonly repeated: Readonly<Record<string, number>>;
  readonly early: Readonly<Record<string, number>>;
  /** Messages later than promptly, but within the promised bound. */
  readonly late: number;
  readonly violations: number;
}

/** Counts a run. */
export function figuresOf(record: RunRecord, { due, sent, explained, violations }: Verdict, seed: number): PairFigures {
  const of = (deviation: Finding["deviation"]): Readonly<Record<string, number>> => {
    const texts = explained.filter((each) => each.deviation === deviation).map(({ explanation }) => explanation!);
    // The first of several faults stands for them.
    return count(texts.map((text) => text.split(", ")[0]!));
  };
  return {
    pair: record.pair,
    class: record.guarantee,
    seed,
    minutes: minutes(record.to - record.from),
    undisturbedMinutes: minutes(undisturbedMs(record)),
    faults: count(record.faults.map(({ kind }) => kind)),
    edits: record.versions.length + record.requests.length,
    due,
    sent,
    missed: of("missed"),
    repeated: of("repeated"),
    early: of("early"),
    late: sum(of("late")),
    violations: violations.length,
  };
}

/** The figures of several runs as lines of text. */
export function tableOf(figures: readonly PairFigures[]): string {
  const header = [
    "pair",
    "class",
    "minutes",
    "undisturbed",
    "faults",
    "edits",
    "due",
    "sent",
    "missed",
    "repeated",
    "late",
    "violations",
  ];
  const rows = figures.map((each) => [
    each.pair,
    each.class,
    each.minutes,
    each.undisturbedMinutes,
    sum(each.faults),
    each.edits,
    each.due,
    each.sent,
    sum(each.missed),
    sum(each.repeated),
    each.late,
    each.violations,
  ]);
  return `${table([header, ...rows])}\nmissed, repeated and late: each is explained by a fault and a rule of docs/PROTOCOL.md`;
}

/**
 * The figures of several runs in the shape of docs/reliability/chaos.json. `command`: the one that repeats them. `machine`:
 * where and when they were recorded.
 */
export function recordOf(
  figures: readonly PairFigures[],
  command: string,
  machine: Omit<RecordHead, "command">,
): RecordHead & { readonly [figure: string]: unknown } {
  const rows = figures.map(({ faults, missed, repeated, early, ...each }) => {
    return { ...each, faults: sum(faults), missed: sum(missed), repeated: sum(repeated), early: sum(early) };
  });
  const total = (field: "faults" | "due" | "sent" | "edits" | "violations"): number => {
    return rows.reduce((all, row) => all + row[field], 0);
  };
  return {
    command,
    ...machine,
    faults: total("faults"),
    edits: total("edits"),
    due: total("due"),
    sent: total("sent"),
    violations: total("violations"),
    faultsByKind: addUp(figures.map(({ faults }) => faults)),
    pairs: rows,
    faultsOfPairs: figures.map(({ pair, faults }) => ({ pair, faults: inWords(faults) })),
    explained: (["missed", "repeated", "early"] as const).flatMap((deviation) => {
      const counts = addUp(figures.map((each) => each[deviation]));
      return Object.entries(counts).map(([explanation, occurrences]) => ({ deviation, explanation, occurrences }));
    }),
  };
}

function addUp(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = [...new Set(all.flatMap((counts) => Object.keys(counts)))].toSorted();
  return Object.fromEntries(names.map((name) => [name, all.reduce((total, counts) => total + (counts[name] ?? 0), 0)]));
}

function inWords(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, each]) => `${name} ${each}`)
    .join(", ");
}

/** The sum of counts. */
export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}

function minutes(ms: number): number {
  return Math.round(ms / 6_000) / 10;
}

function count<K extends string>(keys: readonly K[]): Record<K, number> {
  const counts = {} as Record<K, number>;
  for (const key of keys.toSorted()) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
