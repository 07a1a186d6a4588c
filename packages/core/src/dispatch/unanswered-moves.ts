import { isDeepStrictEqual } from "node:util";

import type { DueEntry, LiveEntry } from "../timetable/live-entry.js";
import type { Attempt } from "./attempt.js";

/** Attempts remembered per entry: the first and the newest ones, because an outage may last. */
const MAX_REMEMBERED = 8;

/** The attempts of one term whose moves the store did not answer: each may have been carried out, or may still be. */
export class UnansweredMoves {
  readonly #byEntry = new WeakMap<LiveEntry, readonly Attempt[]>();

  add(attempt: Attempt): void {
    const known = this.#byEntry.get(attempt.entry) ?? [];
    if (known.some(({ move }) => move.to === attempt.move.to)) return;
    const kept = known.length < MAX_REMEMBERED ? known : [known[0]!, ...known.slice(2)];
    this.#byEntry.set(attempt.entry, [...kept, attempt]);
  }

  has(entry: LiveEntry): boolean {
    return this.#byEntry.has(entry);
  }

  /** The last attempt, if it was made from this decision and definition: repeating it gives the same cursor. */
  findSame({ entry, decision }: DueEntry): Attempt | undefined {
    const last = this.#byEntry.get(entry)?.at(-1);
    if (last?.move.definitionRevision !== entry.revision) return undefined;
    return isDeepStrictEqual(last.decision, decision) ? last : undefined;
  }

  /** The attempt whose move led to the stored cursor. */
  find(entry: LiveEntry, stored: string | null): Attempt | undefined {
    return this.#byEntry.get(entry)?.find(({ move }) => move.to === stored);
  }

  /** The entry's stored cursor is known again. */
  drop(entry: LiveEntry): void {
    this.#byEntry.delete(entry);
  }
}
