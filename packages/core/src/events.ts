import { EventEmitter } from "node:events";

import type { RunReport } from "./handlers.js";

/** Why a node stopped leading, or why it is waiting. */
export type StandbyReason =
  | "joined"
  | "refused by the store"
  | "no renewal in time"
  | "no progress"
  | "a write came under an old lease"
  | "stopped";

export interface BeatEvents {
  /** This node leads from now on. */
  leader: [{ fence: number }];
  /** This node waits. `since leading`: whether it led until now. */
  standby: [{ reason: StandbyReason; wasLeader: boolean }];
  /** The broker has confirmed an occurrence. `lateMs`: how long after its instant. */
  published: [{ id: string; entry: string; task: string; scheduledAt: number; lateMs: number; fence: number }];
  /** A function of `handlers` has ended, or was not started because the last run of its entry was not over. */
  run: [RunReport];
  /** Occurrences that were not sent, by the entry's policy. `atLeast`: there were too many to count. */
  missed: [{ entry: string; count: number; atLeast: boolean; until: number }];
  /** `delivery: "at-most-once"`: the queue did not confirm; it may be sent or not, and is not repeated. */
  uncertain: [{ id: string; entry: string; scheduledAt: number }];
  /** The schedule in memory follows a change of the store's. */
  changed: [{ added: string[]; updated: string[]; removed: string[] }];
  /** The store had lost its memory; `restored` entries were written back from this node's. */
  "state-lost": [{ restored: number; cursorsKept: boolean; message: string }];
  /** A store or publisher that cannot be asked, an entry that cannot be read, …; the beat goes on. */
  error: [Error];
}

/** An emitter whose `error` events without a listener are not thrown: the log has them already. */
export class BeatEmitter extends EventEmitter<BeatEvents> {
  report(error: unknown): void {
    if (this.listenerCount("error") > 0) this.emit("error", error instanceof Error ? error : new Error(String(error)));
  }
}
