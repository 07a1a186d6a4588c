import type { LeaderInfo } from "../contract/store.js";
import type { Upcoming } from "../timetable/upcoming.js";

/** The answer of `Client.status`. */
export interface BeatStatus {
  /** Name of the store's adapter. */
  readonly store: string;
  /** Who leads; `null`: no node. */
  readonly leader: LeaderInfo | null;
  /** The guarantee of the last leader's deliveries; `null`: no node has led yet. */
  readonly delivery: string | null;
  readonly entries: number;
  /** The highest configuration version that was merged; `null`: the nodes give none. */
  readonly configVersion: number | null;
  /** Entries removed in the last days, with their runs, which count on if the name comes back (R31). */
  readonly removed: readonly { readonly name: string; readonly runs: number }[];
  /** Stored entries that are broken, with the reason. */
  readonly broken: readonly { readonly name: string; readonly message: string }[];
  /** The next occurrences, overdue ones first. */
  readonly next: readonly Upcoming[];
  /** Warnings about the store, one sentence each. */
  readonly warnings: readonly string[];
}
