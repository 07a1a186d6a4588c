import { namesIn } from "../base/describe.js";
import { describeOverridden } from "../timetable/overridden-entries.js";
import type { MergeNotes } from "../timetable/reconcile.js";

/** One line for each kind of entry that a merge of the configuration treated in a way its users may not expect. */
export function describeMerge({ removed, over, overridden }: MergeNotes): string[] {
  return [...describeRemoved(removed), ...describeOver(over), ...describeOverridden([...overridden])];
}

function describeRemoved(removed: ReadonlySet<string>): string[] {
  return removed.size === 0
    ? []
    : [
        `the configuration no longer has ${entries(removed.size)}, which ${were(removed.size)} removed: ${namesIn(removed)}`,
      ];
}

function describeOver(over: ReadonlySet<string>): string[] {
  if (over.size === 0) return [];
  const why = "no instant of theirs is left (a moment or endAt that is past, maxRuns)";
  return [`${entries(over.size)} of the configuration will not run, because ${why}: ${namesIn(over)}`];
}

const entries = (count: number): string => (count === 1 ? "1 entry" : `${count} entries`);
const were = (count: number): string => (count === 1 ? "was" : "were");
