import type { LeaderInfo } from "../contract/store.js";
import type { Upcoming } from "../timetable/upcoming.js";

/** What `Client.status` tells. */
export interface BeatStatus {
  /** Name of the store's adapter. */
  readonly store: string;
  /** Who leads; `null`: nobody. */
  readonly leader: LeaderInfo | null;
  /** What the last leader promised of its deliveries; `null`: nobody has ever led. */
  readonly delivery: string | null;
  readonly entries: number;
  /** The highest configuration version that was merged; `null`: the leaders give none. */
  readonly configVersion: number | null;
  /** Entries that were removed in the last days, with their runs, which count again if the name comes back (R31). */
  readonly removed: readonly { readonly name: string; readonly runs: number }[];
  /** Stored entries that cannot be read, and why. */
  readonly broken: readonly { readonly name: string; readonly message: string }[];
  /** The next occurrences. */
  readonly next: readonly Upcoming[];
  /** What an operator should know about the backend. */
  readonly warnings: readonly string[];
}
