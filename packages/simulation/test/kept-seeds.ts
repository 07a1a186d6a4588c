/**
 * Seeds that once found something, and run for ever. A change of how plans are drawn gives a seed another plan: it stays
 * here all the same, as one more run. `found`: what it showed when it was added.
 */
export const KEPT_SEEDS: readonly { readonly seed: number; readonly found: string }[] = [
  { seed: 3, found: "timers of less than a millisecond repeat for ever if the clock does not move" },
  { seed: 11, found: "an instant that an older policy skipped does not come back when the policy becomes `all`" },
  { seed: 41, found: "a node that stops asks once more for a lease whose grant it never received" },
  { seed: 62, found: "an unsent claim is replaced by a move that sends nothing" },
  { seed: 84, found: "after a roll-back a comparing queue refuses instants of an older rule" },
  { seed: 289, found: "memcached loses the manifest, and cursors of the older life are left over" },
  { seed: 9, found: "a leader went on without the cursor of an entry whose reset the store had lost" },
  { seed: 107, found: "the first message after a reset was published again when its cursor could not be saved" },
  { seed: 246, found: "an entry that was reset, removed and added again counted from nothing in the leader's memory" },
  { seed: 340, found: "the grant that a paused node receives after half a minute gives no trust" },
];
