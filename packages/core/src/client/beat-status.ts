import type { LeaderInfo } from "../contract/store.js";
import type { FailingEntry, PublisherState, RateCapReport } from "../entry/leader-report.js";
import type { Upcoming } from "../timetable/upcoming.js";
import type { PausedEntry } from "./paused-entries.js";
import type { StatusProblem } from "./problems.js";

/** One of the applications that share a schedule. */
export interface AppStatus {
  readonly app: string;
  /** Of its newest configuration; `null`: its nodes give none. */
  readonly configVersion: number | null;
  /** Number of its entries, without those that clients have created. */
  readonly entries: number;
}

/** The answer of `Client.status`. */
export interface BeatStatus {
  /** Why messages do not arrive, or will not. Empty: nothing is known to be wrong. */
  readonly problems: readonly StatusProblem[];
  /** Name of the store's adapter. */
  readonly store: string;
  /** Who leads; `null`: no node. */
  readonly leader: LeaderInfo | null;
  /** How the leader's publisher is; `null`: no node leads, or the leader has not sent anything yet. */
  readonly publisher: PublisherState | null;
  /** How the leader's dead letter is; `null`: there is none, no node leads, or the leader has not reported yet. */
  readonly deadLetter: PublisherState | null;
  /** Number of occurrences that were given up, of all entries. `history` of an entry tells of its last ones. */
  readonly givenUp: number;
  /** The entries concerned: the first 100 by name. */
  readonly givenUpOf: readonly string[];
  /** What the leader's `maxPerSecond` holds back; `null`: nothing. */
  readonly rateCap: RateCapReport | null;
  /** Entries that the leader could not send, while others went out: at most the first 100. */
  readonly failing: readonly FailingEntry[];
  /** The guarantee of the last leader's deliveries; `null`: no node has led yet. */
  readonly delivery: string | null;
  readonly entries: number;
  /** The applications that share the schedule, in the order of their names. Empty: their configuration gives no name. */
  readonly apps: readonly AppStatus[];
  /** The highest version of a configuration without a name that was merged; `null`: its nodes give none. */
  readonly configVersion: number | null;
  /** Entries that are paused, each with what is known of its pause: the first 100 in the order of their names. */
  readonly paused: readonly PausedEntry[];
  /** Number of all paused entries. */
  readonly pausedCount: number;
  /** Entries removed in the last days, with their runs, which count on if the name comes back (R31). */
  readonly removed: readonly { readonly name: string; readonly runs: number }[];
  /** Stored entries that are broken, with the reason. */
  readonly broken: readonly { readonly name: string; readonly message: string }[];
  /** The next occurrence of each of the entries that are due next, overdue ones first. */
  readonly next: readonly Upcoming[];
  /** Hazards that keep no message from arriving now, one sentence each. */
  readonly warnings: readonly string[];
}
