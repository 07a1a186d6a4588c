/** What an import has done, as text and as JSON. */

import { type BeatxError, type EntryInput, type ImportResult, isSchedule } from "@beatx/core";
import type { ImportedSchedule } from "@beatx/import";
import type { CommandContext } from "../output/command-context.js";
import { columnsToFit, formatFittedTable } from "../output/fitted-table.js";
import { formatSecond, formatTime, isoTime } from "../output/format-time.js";
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
  const rows = selected.map((_entry, index) => toRow(report, index, zone, clock.now()));
  const columns = columnsToFit(HEADER, rows, stdout);
  const table =
    rows.length === 0
      ? ""
      : columns === null
        ? formatTable(HEADER, rows)
        : formatFittedTable(HEADER, rows, columns, FLEXIBLE);
  const lines = [
    ...selected.flatMap(({ name, imported: { notes } }) => notes.map((note) => `${name}: ${note}`)),
    ...imported.notes,
    ...report.done,
    summaryOf(report),
  ];
  return table + lines.map((line) => `${printable(line)}\n`).join("");
}

/** What could not be imported or written, for stderr. */
export function failuresToText({ imported, results }: ImportReport): string {
  const failures = results.flatMap(({ name, error }) => (error === null ? [] : [`${name}: ${wordsOf(error)}`]));
  const refused = imported.refused.map(({ name, reason }) => `${name} cannot be imported: ${reason}`);
  return [...failures, ...refused].map((line) => `beatx: ${printable(line)}\n`).join("");
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
const WORST_FIRST = [EXIT.failure, EXIT.usage, EXIT.conflict, EXIT.notFound, EXIT.unhealthy];

/** That of the worst entry; one that cannot be imported is a problem. */
export function exitCodeOfImport({ imported, results }: Pick<ImportReport, "imported" | "results">): number {
  const codes = new Set(results.flatMap(({ error }) => (error === null ? [] : [exitCodeOf(error)])));
  const refused = imported.refused.length > 0 ? EXIT.unhealthy : EXIT.ok;
  return WORST_FIRST.find((code) => codes.has(code)) ?? refused;
}

function toRow(report: ImportReport, index: number, zone: string, now: number): string[] {
  const { name, schedule, nextRunAt } = report.results[index]!;
  const last = report.lastRuns[index]!;
  const own = zoneOfRule(report.selected[index]!.entry) ?? zone;
  const next = nextRunAt === null ? "-" : formatTime(nextRunAt, own);
  const shownLast = last === null ? "not known" : formatSecond(last, own);
  const overdue = nextRunAt !== null && nextRunAt <= now ? " (now)" : "";
  return [name, schedule ?? "-", `${next}${overdue}`, shownLast, stateOf(report, index)];
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
  const written = results.filter(({ error }) => error === null).length;
  const failed = results.length - written + imported.refused.length;
  const verb = dryRun ? "would be imported; nothing was written (--dry-run)" : "imported";
  return `${written} ${written === 1 ? "entry" : "entries"} ${verb}${failed === 0 ? "" : `; ${failed} not`}`;
}
