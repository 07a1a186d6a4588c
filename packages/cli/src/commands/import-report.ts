/** What an import has done, as text and as JSON. */

import { type BeatxError, type EntryInput, type ImportResult, isSchedule } from "@beatx/core";
import type { ImportedSchedule } from "@beatx/import";
import type { CommandContext, TextOutput } from "../output/command-context.js";
import { columnsToFit, formatFittedTable } from "../output/fitted-table.js";
import { formatAgo, formatSecond, formatTime, formatUntil, isoTime } from "../output/format-time.js";
import { EXIT } from "../output/exit-codes.js";
import { printable } from "../output/printable.js";
import { exitCodeOf } from "../output/report-error.js";
import { formatTable } from "../output/table.js";
import type { SelectedEntry } from "./import-selection.js";

export interface ImportReport {
  readonly kind: string;
  readonly imported: ImportedSchedule;
  readonly selected: readonly SelectedEntry[];
  /** One for each of `selected`. */
  readonly results: readonly ImportResult[];
  /** The moments that were written, epoch ms, one for each of `selected`. */
  readonly lastRuns: readonly (number | null)[];
  readonly dryRun: boolean;
  /** What has been done with the other scheduler, and what is left to do. */
  readonly done: readonly string[];
}

const HEADER = ["NAME", "SCHEDULE", "NEXT RUN", "LAST RUN", "STATE"];
/** The columns of `HEADER` that are shortened first. */
const FLEXIBLE = [0, 1, 4];

export function reportToText(report: ImportReport, zone: string, { stdout, clock }: CommandContext): string {
  const { selected, imported } = report;
  const lines = [
    ...linesOf(selected.flatMap(({ name, imported: { notes } }) => notes.map((note) => ({ name, text: `: ${note}` })))),
    ...imported.notes,
    ...report.done,
    summaryOf(report),
  ];
  const table = selected.length === 0 ? "" : toTable(report, zone, clock.now(), stdout);
  return table + lines.map((line) => `${printable(line)}\n`).join("");
}

/** In a terminal that is too narrow, times are distances from now, as in a list. */
function toTable(report: ImportReport, zone: string, now: number, stdout: TextOutput): string {
  const rowsWith = (timesOf: TimesOf): string[][] => report.selected.map((_, index) => toRow(report, index, timesOf));
  const rows = rowsWith(absoluteTimes(zone, now));
  const columns = columnsToFit(HEADER, rows, stdout);
  if (columns === null) return formatTable(HEADER, rows);
  return formatFittedTable(HEADER, rowsWith(relativeTimes(now)), columns, FLEXIBLE);
}

interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** A line for each text, behind the names of all that it is about. */
export function linesOf(texts: readonly NamedText[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, text } of texts) names.set(text, [...(names.get(text) ?? []), name]);
  return [...names].map(([text, about]) => `${about.join(", ")}${text}`);
}

/** What could not be imported or written, for stderr. */
export function failuresToText({ imported, results }: ImportReport): string {
  const failures = linesOf(
    results.flatMap(({ name, error }) => (error === null ? [] : [{ name, text: `: ${wordsOf(error)}` }])),
  );
  const refused = refusedLines(imported);
  return [...failures, ...refused].map((line) => `beatx: ${printable(line)}\n`).join("");
}

/** What cannot be imported, with the reasons. */
export function refusedLines({ refused }: ImportedSchedule): string[] {
  return linesOf(refused.map(({ name, reason }) => ({ name, text: ` cannot be imported: ${reason}` })));
}

function wordsOf(error: BeatxError): string {
  const wayOut = "--replace writes over it, --rename imports under another name";
  return error.code === "CONFLICT" ? `there is an entry of this name already: ${wayOut}` : error.message;
}

export function reportToJson(report: ImportReport): string {
  const { kind, imported, selected, results, lastRuns, dryRun, done } = report;
  const entries = selected.map(({ name, entry, imported: { notes, paused = false } }, index) => {
    const { error, schedule, nextRunAt, name: stored } = results[index]!;
    const times = { lastRunAt: isoTime(lastRuns[index]!), nextRunAt: isoTime(nextRunAt) };
    const failure = error === null ? {} : { error: { code: error.code, message: error.message } };
    return {
      name: stored || name,
      state: stateOf(report, index),
      schedule,
      ...times,
      paused,
      notes,
      entry,
      ...failure,
    };
  });
  return `${JSON.stringify({ kind, dryRun, entries, refused: imported.refused, notes: imported.notes, done }, null, 2)}\n`;
}

/** The exit codes, the worst first. */
const WORST_FIRST = [EXIT.failure, EXIT.conflict, EXIT.notFound, EXIT.unhealthy];

function codeOf(error: BeatxError): number {
  const code = exitCodeOf(error);
  return code === EXIT.usage ? EXIT.unhealthy : code;
}

/** That of the worst entry. One that cannot be imported is a problem, also if it lacks a package: the command was right. */
export function exitCodeOfImport({ imported, results }: Pick<ImportReport, "imported" | "results">): number {
  const codes = new Set(results.flatMap(({ error }) => (error === null ? [] : [codeOf(error)])));
  const refused = imported.refused.length > 0 ? EXIT.unhealthy : EXIT.ok;
  return WORST_FIRST.find((code) => codes.has(code)) ?? refused;
}

function toRow(report: ImportReport, index: number, timesOf: TimesOf): string[] {
  const { name, schedule, nextRunAt } = report.results[index]!;
  const last = report.lastRuns[index]!;
  const times = timesOf(report.selected[index]!.entry);
  const next = nextRunAt === null ? "-" : times.next(nextRunAt);
  return [name, schedule ?? "-", next, last === null ? "not known" : times.last(last), stateOf(report, index)];
}

/** Writes the moments of an entry, epoch ms. */
type TimesOf = (entry: EntryInput) => Readonly<Record<"next" | "last", (at: number) => string>>;

function absoluteTimes(zone: string, now: number): TimesOf {
  return (entry) => {
    const own = zoneOfRule(entry) ?? zone;
    return {
      next: (at) => `${formatTime(at, own)}${at <= now ? " (now)" : ""}`,
      last: (at) => formatSecond(at, own),
    };
  };
}

function relativeTimes(now: number): TimesOf {
  const times = {
    next: (at: number) => (at <= now ? "now" : formatUntil(at, now)),
    last: (at: number) => formatAgo(at, now),
  };
  return () => times;
}

function zoneOfRule({ schedule }: EntryInput): string | undefined {
  const json = isSchedule(schedule) ? schedule.toJSON() : schedule;
  const zone = typeof json === "object" ? json["timezone"] : undefined;
  return typeof zone === "string" ? zone : undefined;
}

function stateOf({ selected, results, dryRun }: ImportReport, index: number): string {
  const { error, replaced } = results[index]!;
  if (error?.code === "CONFLICT") return "exists";
  if (error) return "failed";
  const state = dryRun ? (replaced ? "would replace" : "new") : replaced ? "replaced" : "imported";
  const { paused, entry } = selected[index]!.imported;
  return [state, ...(paused ? ["paused"] : []), ...(entry.enabled === false ? ["disabled"] : [])].join(", ");
}

function summaryOf({ results, imported, dryRun }: ImportReport): string {
  if (results.length + imported.refused.length === 0) return "nothing to import was found";
  const written = results.filter(({ error }) => error === null).length;
  const failed = results.length - written + imported.refused.length;
  const others = failed === 0 ? "" : `, ${failed} not`;
  const [verb, end] = dryRun ? ["would be imported", "; nothing was written (--dry-run)"] : ["imported", ""];
  return `${written} ${written === 1 ? "entry" : "entries"} ${verb}${others}${end}`;
}
