import { BeatxError } from "../base/errors.js";
import type { Lease } from "../contract/store.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { Attempt } from "./attempt.js";
import { conclude } from "./conclude.js";
import type { UnansweredMoves } from "./unanswered-moves.js";

export type MoveCursors = (attempts: readonly Attempt[]) => Promise<void>;

/** Moves the cursors of attempts under the lease; each attempt gets its outcome. @throws LockLostError */
export async function moveCursors(
  store: StoreWithDeadlines,
  lease: Lease,
  unanswered: UnansweredMoves,
  attempts: readonly Attempt[],
): Promise<void> {
  if (attempts.length === 0) return;
  try {
    const results = await store.advance(lease, attempts.map(({ move }) => move)); // prettier-ignore
    attempts.forEach((attempt, index) => conclude(attempt, results[index]!, unanswered));
  } catch (error) {
    if (BeatxError.hasCode(error, "LOCK_LOST")) throw error;
    // The moves may have been carried out: later answers show it (R21).
    for (const attempt of attempts) {
      attempt.outcome = { kind: "failed", error };
      unanswered.add(attempt);
    }
  }
}
