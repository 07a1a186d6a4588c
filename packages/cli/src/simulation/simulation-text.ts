import type { SimulatedRun } from "@beatx/core";
import { formatTime } from "../output/format-time.js";
import { formatTable } from "../output/table.js";
import { wallClockOf } from "../output/wall-clock.js";
import { findClockChanges } from "./clock-changes.js";
import type { SimulatedEntry, Simulation } from "./simulation.js";

/** At most this many changes of the clocks are listed. */
const SHOWN_CHANGES = 4;

/** The range with its outages and changes of the clocks, a line each. */
export function describeRange({ range: { from, to, outages, zone } }: Simulation): string {
  const lines = [`${formatTime(from, zone)} to ${formatTime(to, zone)} (${zone})`];
  for (const outage of outages)
    lines.push(`outage  ${formatTime(outage.from, zone)} to ${formatTime(outage.to, zone)}`);
  const changes = findClockChanges({ from, to }, zone);
  for (const { at, before, after } of changes.slice(0, SHOWN_CHANGES)) {
    lines.push(`clocks  ${before} becomes ${after} at ${formatTime(at, zone)}`);
  }
  if (changes.length > SHOWN_CHANGES) lines.push(`clocks  … and ${changes.length - SHOWN_CHANGES} more changes`);
  return `${lines.join("\n")}\n`;
}

/** The runs, at most `limit` (0: all), and how to see the others. */
export function formatRuns({ runs, range: { zone } }: Simulation, limit: number): string {
  if (runs.length === 0) return "Nothing is due.\n";
  const shown = limit === 0 ? runs : runs.slice(0, limit);
  // Most runs happen at their instant: the column is left out if all do.
  const isMoved = shown.some(({ kind }) => kind !== "sent");
  const header = [
    zone,
    ...(zone === "UTC" ? [] : ["UTC"]),
    "ENTRY",
    "RESULT",
    ...(isMoved ? ["INSTANT"] : []),
    "REASON",
  ];
  const rows = shown.map((run) => {
    const instant = isMoved ? [describeInstant(run, zone)] : [];
    const utc = zone === "UTC" ? [] : [describeUtc(run.at, zone)];
    return [formatTime(run.at, zone), ...utc, run.entry, describeKind(run), ...instant, run.reason];
  });
  const left = runs.length - shown.length;
  const note = left === 0 ? "" : `… and ${left} more: --limit ${runs.length} or --json shows all\n`;
  return formatTable(header, rows) + note;
}

/** The counts of each entry: sent, caught up, skipped. At most `limit` entries (0: all). */
export function formatSummary({ entries }: Simulation, limit: number): string {
  const shown = limit === 0 ? entries : entries.slice(0, limit);
  const hasNotes = shown.some(({ note }) => note !== "");
  const header = ["ENTRY", "SENT", "CAUGHT UP", "SKIPPED", ...(hasNotes ? ["NOTE"] : [])];
  const left = entries.length - shown.length;
  const note = left === 0 ? "" : `… and ${left} more entries: --limit ${entries.length} shows all\n`;
  return (
    formatTable(
      header,
      shown.map((entry) => toRow(entry, hasNotes)),
    ) + note
  );
}

function toRow({ name, sent, caughtUp, skipped, atLeast, note }: SimulatedEntry, hasNotes: boolean): string[] {
  const counts = [String(sent), String(caughtUp), `${skipped}${atLeast ? " or more" : ""}`];
  return [name, ...counts, ...(hasNotes ? [note] : [])];
}

function describeKind({ kind, count, atLeast }: SimulatedRun): string {
  if (kind === "skipped") return `skipped ${count}${atLeast ? " or more" : ""}`;
  return kind === "caught-up" ? "caught up" : "sent";
}

/** The instant of a run that happens at another moment; without the date if that is the same. */
function describeInstant({ at, scheduledAt, kind }: SimulatedRun, zone: string): string {
  if (kind === "sent" && at === scheduledAt) return "";
  return timeBeside(dateOf(at, zone), formatTime(wallClockOf(scheduledAt, zone).localMs, "UTC").slice(0, -1));
}

/** The moment in UTC; without the date if that is the same. */
function describeUtc(at: number, zone: string): string {
  return timeBeside(dateOf(at, zone), formatTime(at, "UTC"));
}

function dateOf(at: number, zone: string): string {
  return formatTime(at, zone).slice(0, 10);
}

/** The part of `2027-03-28 09:00:00` to print beside a known date. */
function timeBeside(date: string, time: string): string {
  return time.startsWith(date) ? time.slice(11) : time.slice(5);
}
