import type { Message } from "@beatx/core/adapter";

import type { Process } from "../world/machine.js";
import { type Circumstances, LEARNS_WITHIN_MS } from "./judge-base.js";
import { describe } from "./queue-judge.js";
import type { StoredFacts } from "./stored-facts.js";

/** Judges that nobody sends again what was confirmed to him: only a change of leaders or a loss of data excuses it (R21, R24). */
export class CopiesJudge {
  readonly #world: Circumstances;
  /** By process: of a message that was confirmed, when one of its cursor was confirmed before, ms since the beginning. */
  readonly #confirmed = new WeakMap<Process, Map<string, number>>();
  /** By cursor: when a message of it was last confirmed. */
  readonly #lastAt = new Map<string, number>();
  readonly #stored: StoredFacts;

  constructor(world: Circumstances, stored: StoredFacts) {
    this.#world = world;
    this.#stored = stored;
  }

  /** The publisher of a process confirms a message in time. */
  onConfirmed(process: Process, message: Message): void {
    const known = this.#confirmed.get(process) ?? new Map<string, number>();
    this.#confirmed.set(process, known.set(keyOf(message), this.#lastAt.get(cursorOf(message)) ?? -Infinity));
    this.#lastAt.set(cursorOf(message), this.#world.nowMs);
  }

  onPublish(process: Process, messages: readonly Message[]): void {
    // Where the step compares only the row, a late leader may put an older cursor in place (I3).
    if (this.#world.world.store === "rows") return;
    for (const message of messages) {
      // A save that was under way may overtake a reset (R28), and is not in the tombstone of a removed entry (R31): then the
      // next move finds another cursor.
      if (this.#world.nowMs - this.#stored.beganAnewAt(message.entry) < LEARNS_WITHIN_MS) continue;
      const moveBefore = this.#confirmed.get(process)?.get(keyOf(message));
      // A loss shows when the next move of the entry is refused.
      const isKnownLoss = this.#world.lostAt > -Infinity && this.#world.lostAt >= (moveBefore ?? Infinity);
      if (moveBefore === undefined || isKnownLoss) continue;
      this.#world.violate("R24", `${process.machine.name} sends ${describe(message)} again, which was confirmed to it`);
    }
  }
}

/** A requested run has a cursor of its own. */
function cursorOf({ entry, id, requested }: Message): string {
  return requested ? `run ${id}` : entry;
}

/** In another term the same node does not know any more, and a reset begins anew. */
function keyOf({ id, fence, resetId = "" }: Message): string {
  return `${id} ${fence} ${resetId}`;
}
