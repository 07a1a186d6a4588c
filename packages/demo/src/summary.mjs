// @ts-check
import { LOCK_TTL_MS } from "./schedule.mjs";
import { formatSeconds } from "./show.mjs";

/**
 * @param {readonly import("./count.mjs").Count[]} counts
 * @param {{ takeOverMs: number, handOverMs: number | null, refused: number }} measured
 */
export function formatSummary(counts, { takeOverMs, handOverMs, refused }) {
  /** @param {"expected" | "queued" | "missed" | "repeated"} field */
  const total = (field) => counts.reduce((sum, count) => sum + count[field], 0);
  const rows = counts.map(({ entry, expected, queued, missed, repeated }) => {
    const cells = [expected, queued, missed, repeated].map((number) => String(number).padStart(10));
    return ` ${entry.padEnd(14)}${cells.join("")}`;
  });
  const handOver =
    handOverMs === null ? [] : [` graceful stop of the leader: next leader after ${formatSeconds(handOverMs)}`];
  return [
    ` kill -9 of the leader:       next leader after ${formatSeconds(takeOverMs)} (lifetime of the lease: ${formatSeconds(LOCK_TTL_MS)})`,
    ...handOver,
    "",
    " the messages in the queue, compared with the schedule:",
    ` ${"entry".padEnd(14)}${["expected", "in queue", "missed", "repeated"].map((title) => title.padStart(10)).join("")}`,
    ...rows,
    "",
    ` ${total("expected")} occurrences expected, ${total("queued")} in the queue: ` +
      `${total("missed")} missed, ${total("repeated")} repeated`,
    ` (copies that the queue refused: ${refused})`,
    "",
    " Next: read README.md, or install it in a project of your own:",
    "   npm install @beatx/core @beatx/store-lmdb   for nodes in your own processes",
    "   npm install @beatx/cli  @beatx/store-lmdb   for nodes from a file: npx beatx start",
    "",
  ].join("\n");
}
