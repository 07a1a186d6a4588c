import { checkName, asEntry, conflict } from "./edit.js";
import type { Connection } from "./connection.js";
import { readOutlook, type RunOutlook } from "./read-status.js";
import { requestRun } from "./requested-run.js";

/** Requests one run of the entry, which the leader sends. @throws BeatxError `NOT_FOUND`, `BAD_ENTRY` */
export async function requestRunNow(
  connection: Connection,
  name: string,
): Promise<{ readonly id: string } & RunOutlook> {
  const { outlook, stored } = await readOutlook(connection, checkName(name));
  const { id, ...change } = requestRun(name, asEntry(stored).entry, stored.now);
  const [result] = await connection.store.setSchedule([change]);
  if (result?.status !== "done") throw conflict(name);
  return { id, ...outlook };
}
