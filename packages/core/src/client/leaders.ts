import { LEADERS_RECORD, type LeaderTerm } from "../entry/leaders-record.js";
import type { Connection } from "./connection.js";
import { readNames } from "./read-entries.js";

/** One leadership, as `leaders` shows it. */
export interface LeaderView {
  readonly fence: number;
  /** Host and process id of the node. */
  readonly node: string;
  /** Epoch ms of cluster time. */
  readonly since: number;
  /** Epoch ms from which on the node sent nothing; `null`: it leads, or vanished at a time that nobody knows. */
  readonly endedAt: number | null;
  /** Why the term ended; `null`: it goes on. */
  readonly reason: string | null;
  /** Ms from its end until the next leader began; `null`: not known, or there is no next one yet. */
  readonly gapMs: number | null;
  readonly leads: boolean;
}

/** Of a node that could not say it: it was killed or cut off. */
const VANISHED = "vanished: its lease ran out";

/** The newest first. @throws StoreError */
export async function readLeaderViews(connection: Connection): Promise<LeaderView[]> {
  const [timetable, leader] = await Promise.all([readNames(connection, [LEADERS_RECORD]), connection.store.readLock()]);
  const { terms } = timetable.records.leaders;
  return terms.map((term, index) => viewTerm(term, terms[index - 1], term.fence === leader?.fence));
}

function viewTerm(
  { fence, label, since, ended }: LeaderTerm,
  next: LeaderTerm | undefined,
  holdsLock: boolean,
): LeaderView {
  const leads = holdsLock && ended === null;
  return {
    fence,
    node: label,
    since,
    endedAt: ended?.at ?? null,
    reason: leads ? null : (ended?.reason ?? VANISHED),
    gapMs: ended && next ? Math.max(0, next.since - ended.at) : null,
    leads,
  };
}
