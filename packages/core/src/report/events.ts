import { EventEmitter } from "node:events";

import type { StandbyReason } from "../lease/term.js";
import type { RunReport } from "../publisher/handler-runs.js";

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

/** Whatever a listener does, the beat goes on. */
export class BeatEmitter extends EventEmitter<BeatEvents> {
  /** Emits; a listener that throws is reported to `onListenerError`. An `error` that nobody listens to is in the log already. */
  tell<Name extends keyof BeatEvents>(name: Name, ...args: BeatEvents[Name]): void {
    if (this.listenerCount(name) === 0) return;
    try {
      (this as EventEmitter).emit(name, ...args);
    } catch (error) {
      this.onListenerError(name, error);
    }
  }

  /** Overridden by what has a log. */
  protected onListenerError(name: keyof BeatEvents, error: unknown): void {
    process.emitWarning(`a listener of "${name}" threw: ${String(error)}`);
  }
}
