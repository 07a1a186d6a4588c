import type { PlannedEntry, Schedule } from "@beatx/core";
import type { Settings } from "../configuration/settings.js";
import type { Span } from "./simulated-range.js";

/** The instants of an entry that are looked at for its shortest period. */
const MOST_INSTANTS = 1_000;
const NAMED = 3;

/** Which entries lose instants in a take-over after a crash, in one sentence; `null`: none. */
export function takeOverNote(
  entries: ReadonlyMap<string, PlannedEntry>,
  range: Span,
  { options }: Pick<Settings, "options">,
): string | null {
  const takeOverMs = longestTakeOverMs(options);
  const periods = [...entries]
    .filter(([, { input, state }]) => state === "active" && (input.missed ?? "latest") === "latest")
    .map(([name, { rule }]) => ({ name, periodMs: shortestPeriod(rule, range) }))
    .filter(({ periodMs }) => periodMs < takeOverMs);
  const [first] = periods;
  if (first === undefined) return null;
  const names = periods.slice(0, NAMED).map(({ name }) => name);
  const which =
    periods.length === 1
      ? `${first.name} is due every ${first.periodMs / 1_000} s`
      : `${periods.length} entries (${[...names, ...(periods.length > NAMED ? ["…"] : [])].join(", ")}) are due more often`;
  return (
    `${which}: a take-over after a crash takes up to ${takeOverMs / 1_000} s, and the instants of an entry in it are ` +
    'coalesced into one message and counted as skipped; missed: "all" sends each'
  );
}

/** I4 of the protocol, for a store that answers at once. */
function longestTakeOverMs({ store, lockTtlMs = 15_000, standbyPollMs = 3_000 }: Settings["options"]): number {
  const isMemcache = typeof store === "string" && /^(memcached|memjs|pylibmc):/i.test(store);
  const longestMs = isMemcache ? 1.25 * lockTtlMs + 1.2 * standbyPollMs : lockTtlMs + 250;
  return Math.ceil(longestMs / 1_000) * 1_000;
}

/** In ms; `Infinity`: there are less than two instants. */
function shortestPeriod(rule: Schedule, { from, to }: Span): number {
  let shortest = Infinity;
  let at = rule.next(from - 1);
  for (let count = 0; at !== null && at < to && count < MOST_INSTANTS; count++) {
    const next = rule.next(at);
    if (next !== null) shortest = Math.min(shortest, next - at);
    at = next;
  }
  return shortest;
}
