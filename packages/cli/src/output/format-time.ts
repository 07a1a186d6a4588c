import { wallClockOf } from "./wall-clock.js";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Epoch ms as `2026-03-02 07:00:00+01:00` on the wall clock of the zone; milliseconds only if there are any. */
export function formatTime(at: number, zone: string): string {
  const { localMs, offset } = wallClockOf(at, zone);
  const [date, time] = new Date(localMs).toISOString().slice(0, -1).split("T");
  return `${date} ${time!.replace(/\.000$/, "")}${offset}`;
}

/** As `formatTime`, without fractions of a second. */
export function formatSecond(at: number, zone: string): string {
  return formatTime(Math.floor(at / SECOND_MS) * SECOND_MS, zone);
}

/** The two largest units of a span, as in `3 h 12 min`; below ten seconds `0.4 s`. The sign is dropped. */
export function formatSpan(spanMs: number): string {
  const ms = Math.abs(spanMs);
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return joinUnits(ms, MINUTE_MS, "min", SECOND_MS, "s");
  if (ms < DAY_MS) return joinUnits(ms, HOUR_MS, "h", MINUTE_MS, "min");
  return joinUnits(ms, DAY_MS, "d", HOUR_MS, "h");
}

/** The distance from now: `in 3 h 12 min`, or `overdue for 30 s`. */
export function formatUntil(at: number, now: number): string {
  return at > now ? `in ${formatSpan(at - now)}` : `overdue for ${formatSpan(now - at)}`;
}

/** The distance into the past: `3 h 12 min ago`. */
export function formatAgo(at: number, now: number): string {
  return `${formatSpan(Math.max(0, now - at))} ago`;
}

/** For JSON: ISO 8601 in UTC; `null` stays `null`. */
export function isoTime(at: number): string;
export function isoTime(at: number | null): string | null;
export function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** The same with its `since` as ISO 8601, for JSON. */
export function withIsoSince<T extends { readonly since: number | null }>(
  value: T,
): Omit<T, "since"> & { since: string | null } {
  return { ...value, since: isoTime(value.since) };
}

function joinUnits(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs);
  const first = `${Math.floor(ms / largeMs)} ${large}`;
  return rest === 0 ? first : `${first} ${rest} ${small}`;
}
