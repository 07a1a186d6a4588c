import type { ChangeResult } from "@beatx/core/adapter";
import type { MemcacheCommands } from "./connection/memcache-connection.js";
import type { Cursors } from "./cursors/cursors.js";
import { revisionOf } from "./definitions/manifest.js";
import type { ChangeOutcome } from "./definitions/next-schedule.js";

const NOTHING_THERE: ChangeResult = { status: "conflict", entry: null };

/** The answers of `setSchedule`: a conflict brings the stored entry, with its cursor. */
export async function changeResults(
  commands: MemcacheCommands,
  cursors: Cursors,
  outcomes: readonly ChangeOutcome[],
): Promise<readonly ChangeResult[]> {
  const conflicts = outcomes.flatMap((outcome) => (outcome.status === "conflict" && outcome.row ? [outcome] : []));
  if (conflicts.length === 0) return outcomes.map((outcome) => (outcome.status === "done" ? outcome : NOTHING_THERE));
  const { life } = conflicts[0]!;
  const names = conflicts.map(({ name }) => name);
  const cursorOf = await cursors.read(commands, life, names);
  return outcomes.map((outcome) => {
    if (outcome.status === "done") return outcome;
    const { name, row } = outcome;
    if (!row) return NOTHING_THERE;
    const entry = {
      name,
      definition: row.definition,
      revision: revisionOf({ life }, row.revision),
      cursor: cursorOf(name, row.createdBy),
    };
    return { status: "conflict", entry };
  });
}
