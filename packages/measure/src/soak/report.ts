import { table } from "@beatx/test-servers";
import type { Point } from "../figures/statistics.js";
import type { NodeEvent } from "../node/messages.js";
import type { Findings } from "./arrivals.js";
import { type Course, judgeCourse, type Limit } from "./flatness.js";

/** What a soak observed. */
export interface Observations {
  readonly options: {
    readonly minutes: number;
    readonly seed: number;
    readonly nodes: number;
    readonly replacements: number;
  };
  readonly entries: number;
  readonly edits: number;
  /** Edits that got no answer in time. */
  readonly slowAnswers: number;
  readonly findings: Findings;
  readonly series: ReadonlyMap<string, readonly Point[]>;
  readonly limits: Readonly<Record<string, Limit>>;
  readonly warmUpMs: number;
  readonly events: readonly NodeEvent[];
  /** How each node process ended after SIGTERM. */
  readonly ends: readonly string[];
}

/** The figures of a soak, and what was wrong. */
export interface SoakReport {
  readonly figures: SoakFigures;
  /** Sentences; none: all is well. */
  readonly problems: readonly string[];
}

/** What `--record` writes. Courses are of what was measured after the warm-up. */
export interface SoakFigures {
  readonly minutes: number;
  readonly seed: number;
  readonly nodes: number;
  readonly entries: number;
  readonly edits: number;
  readonly replacements: number;
  readonly terms: number;
  readonly expected: number;
  readonly missed: number;
  readonly repeated: number;
  readonly warnings: number;
  readonly failures: number;
  /** Commands that got no answer in time, because the machine was busy. */
  readonly slowAnswers: number;
  readonly courses: Readonly<Record<string, Course>>;
}

/** Events that have no place in a quiet run. */
const UNWANTED = ["warning", "failure", "error", "missed", "uncertain", "state-lost"];
const NAMED = 5;

/** Judges what was observed. */
export function reportOf(seen: Observations): SoakReport {
  const { options, entries, edits, findings, events } = seen;
  const courses = Object.fromEntries(
    [...seen.series].map(([name, points]) => [name, judgeCourse(points, seen.limits[name]!, seen.warmUpMs)]),
  );
  const count = (name: string): number => events.filter(({ event }) => event === name).length;
  const figures = {
    minutes: options.minutes,
    seed: options.seed,
    nodes: options.nodes,
    entries,
    edits,
    replacements: options.replacements,
    terms: count("leader"),
    expected: findings.expected,
    missed: findings.missed.length,
    repeated: findings.repeated.length,
    warnings: count("warning"),
    failures: count("failure"),
    slowAnswers: seen.slowAnswers + events.filter(isSlow).length,
    courses,
  };
  return { figures, problems: problemsOf(seen, courses) };
}

function problemsOf({ findings, events, ends }: Observations, courses: Readonly<Record<string, Course>>): string[] {
  const unwanted = events.filter((event) => UNWANTED.includes(event.event) && !isSlow(event));
  return [
    ...named("missed", findings.missed),
    ...named("repeated", findings.repeated),
    ...named(
      "unwanted events",
      unwanted.map((event) => JSON.stringify(event)),
    ),
    ...ends.filter((end) => end !== "exit code 0").map((end) => `a node process ended with ${end} after SIGTERM`),
    ...Object.entries(courses)
      .filter(([, { isFlat }]) => !isFlat)
      .map(([name, course]) => describeGrowth(name, course)),
  ];
}

/** Whether an error says that a command got no answer in time. */
export function isSlowAnswer(message: string): boolean {
  return /did not answer within \d+ ms|Socket timeout\. Expecting data/.test(message);
}

function isSlow({ event, message }: NodeEvent): boolean {
  return event === "error" && isSlowAnswer(String(message));
}

function named(what: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const more = items.length > NAMED ? `, and ${items.length - NAMED} more` : "";
  return [`${what}: ${items.slice(0, NAMED).join(", ")}${more}`];
}

function describeGrowth(name: string, { unit, growthPerHour, errorPerHour, limitPerHour }: Course): string {
  const of = unit === "count" ? "" : ` ${unit}`;
  return `${name} grows by ${growthPerHour}${of} an hour (+- ${errorPerHour}), where ${limitPerHour} are allowed`;
}

/** The figures as a person reads them. */
export function showSoak(figures: SoakFigures): string {
  const rows = Object.entries(figures.courses).map(([name, course]) => {
    const { unit, first, last, min, max, growthPerHour, errorPerHour, limitPerHour, isFlat } = course;
    return [name, unit, first, last, min, max, growthPerHour, errorPerHour, limitPerHour, isFlat ? "flat" : "GROWS"];
  });
  const head = ["", "unit", "first", "last", "min", "max", "an hour", "+-", "limit", ""];
  const { minutes, nodes, entries, seed, expected, missed, repeated, edits, terms } = figures;
  const { warnings, failures, slowAnswers } = figures;
  return [
    `${minutes} min, ${nodes} nodes, ${entries} entries, seed ${seed}`,
    `${expected} occurrences expected: ${missed} missed, ${repeated} repeated; ${edits} edits, ${terms} terms`,
    `${warnings} warnings, ${failures} unhandled rejections or exceptions, ${slowAnswers} slow answers`,
    table([head, ...rows]),
  ].join("\n");
}
