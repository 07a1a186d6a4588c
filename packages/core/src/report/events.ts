import { EventEmitter } from "node:events";

import type { MessageFailure } from "../contract/publisher.js";
import type { StandbyReason } from "../lease/term.js";
import type { NotTaken } from "../entry/run-record.js";
import type { RunReport } from "../publisher/handler-runs.js";

/**
 * `policy`: the entry's policy skipped them. `passed`: the queue had already taken a later occurrence of the entry. `overlap`:
 * an earlier run of the entry had not ended (R52). `gave-up`: it could not be sent for too long (R54).
 */
export type MissedReason = "policy" | NotTaken;

/** An occurrence that was given up. */
export interface GaveUp extends MessageFailure {
  readonly id: string;
  readonly entry: string;
  readonly task: string;
  /** Epoch ms of its instant. */
  readonly scheduledAt: number;
  /** The name of the dead letter that has taken its message; `null`: there is none. */
  readonly deadLetter: string | null;
}

export interface BeatEvents {
  /** This node leads from now on. */
  leader: [{ fence: number }];
  /** This node stands by. `wasLeader`: it led until now. */
  standby: [{ reason: StandbyReason; wasLeader: boolean }];
  /** The broker has confirmed an occurrence: one event each, so do not log them. `lateMs`: how long after its instant. */
  published: [{ id: string; entry: string; task: string; scheduledAt: number; lateMs: number; fence: number }];
  /** A function of `handlers` has ended, or was skipped because the previous run of its entry still runs. */
  run: [RunReport];
  /** Occurrences that were not sent, up to the instant `until`. `atLeast`: `count` is a lower bound. */
  missed: [{ entry: string; count: number; atLeast: boolean; until: number; reason: MissedReason }];
  /** An occurrence that could not be sent for `giveUpAfterMs` was given up. `missed` tells of it, too. */
  "gave-up": [GaveUp];
  /**
   * With `delivery: "at-most-once"`: the queue did not confirm the occurrence, or an earlier leader claimed it and left no
   * outcome. It is not repeated.
   */
  uncertain: [{ id: string; entry: string; scheduledAt: number }];
  /** Definitions changed in the store, and this node has read them. */
  changed: [{ added: string[]; updated: string[]; removed: string[] }];
  /** The store had lost its data; this node wrote `restored` entries back from memory. */
  "state-lost": [{ restored: number; cursorsKept: boolean; message: string }];
  /**
   * A store or publisher that does not answer, a broken entry, …; the beat goes on. Entries that break or fail in one tick
   * share one event, with their number, the first names and the first reason: a listener that logs writes a bounded
   * number of lines.
   */
  error: [Error];
}

/** An emitter whose listeners may throw. */
export class BeatEmitter extends EventEmitter<BeatEvents> {
  /** Emits. A listener that throws is reported to `onListenerError`. An `error` without listeners is dropped: the log has it. */
  tell<Name extends keyof BeatEvents>(name: Name, ...args: BeatEvents[Name]): void {
    if (this.listenerCount(name) === 0) return;
    try {
      (this as EventEmitter).emit(name, ...args);
    } catch (error) {
      this.onListenerError(name, error);
    }
  }

  /** Overridden by classes that have a log. */
  protected onListenerError(name: keyof BeatEvents, error: unknown): void {
    process.emitWarning(`a listener of "${name}" threw: ${String(error)}`);
  }
}
