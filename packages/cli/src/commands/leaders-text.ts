import type { LeaderView } from "@beatx/core";
import { formatSpan, formatTime, isoTime } from "../output/format-time.js";
import { formatTable } from "../output/table.js";

const HEADER = ["SINCE", "UNTIL", "NEXT AFTER", "NODE", "FENCE", "END"];

/** The last terms of leaders, the newest first, as a table or as JSON. */
export function showLeaders(leaders: readonly LeaderView[], timezone: string, asJson: boolean): string {
  if (asJson) {
    const shown = leaders.map((each) => ({ ...each, since: isoTime(each.since), endedAt: isoTime(each.endedAt) }));
    return `${JSON.stringify(shown, null, 2)}\n`;
  }
  if (leaders.length === 0) return "No leader is recorded yet.\n";
  const rows = leaders.map(({ since, endedAt, gapMs, node, fence, reason, leads }) => [
    formatTime(since, timezone),
    endedAt === null ? (leads ? "now" : "-") : formatTime(endedAt, timezone),
    gapMs === null ? "-" : formatSpan(gapMs),
    node,
    String(fence),
    reason ?? "leads",
  ]);
  return formatTable(HEADER, rows);
}
