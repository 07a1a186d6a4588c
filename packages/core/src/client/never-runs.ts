import { formatDuration } from "../schedule/duration.js";
import { ConfigError } from "../base/errors.js";
import type { Cursor } from "../entry/cursor.js";
import type { Entry } from "../entry/entry.js";
import { JUST_PAST_MS } from "../timetable/next-instant.js";

/** The error of an entry that would be done before it begins. `cursor`: what is settled under its name. */
export function neverRuns(name: string, entry: Entry, cursor: Cursor | null, now: number): ConfigError {
  const [field, why] = whyOver(entry, cursor, now);
  const wayOut =
    'To send it once now, put it for now (clocked(new Date())), or call client.runNow for an entry that exists. "enabled: false" keeps it without a run';
  return new ConfigError(`${name}.${field}: the entry would never run: ${why}. ${wayOut}`, {
    field: `${name}.${field}`,
  });
}

function whyOver(
  { schedule, endAt, maxRuns }: Entry,
  cursor: Cursor | null,
  now: number,
): [field: string, why: string] {
  const runs = cursor?.runs ?? 0;
  if (maxRuns !== null && runs >= maxRuns) {
    return ["maxRuns", `it is ${maxRuns}, and the entries of this name have had ${runs} runs: raise it`];
  }
  const at = schedule.type === "clocked" ? schedule.next(-Infinity) : null;
  if (endAt !== null && endAt < now && (at === null || at > endAt)) return ["endAt", `it ${ago(endAt, now)}`];
  if (at === null) return ["schedule", `it has no instant after now${endAt === null ? "" : " that endAt allows"}`];
  if (cursor && cursor.at >= at) return ["schedule", `its only instant, ${iso(at)}, is settled already`];
  if (at > now) return ["schedule", `its only instant, ${iso(at)}, lies outside startAt and endAt`];
  return [
    "schedule",
    `its only instant ${ago(at, now)}, and it may be ${formatDuration(JUST_PAST_MS)} late. Give a later one`,
  ];
}

function ago(at: number, now: number): string {
  const seconds = Math.max(1, Math.round((now - at) / 1_000));
  return `was ${formatDuration(seconds * 1_000)} ago (${iso(at)})`;
}

const iso = (at: number): string => new Date(at).toISOString();
