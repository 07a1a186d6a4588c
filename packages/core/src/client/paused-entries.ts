import { compareNames } from "../base/name-order.js";
import { isPaused, type Pause } from "../entry/pause.js";
import type { LiveEntry } from "../timetable/live-entry.js";

/** A paused entry as `status` names it. */
export interface PausedEntry {
  readonly name: string;
  /** What is known of the pause; `null`: a node of an older version knew no more. */
  readonly pause: Pause | null;
}

/** `status` names at most this many. */
const MOST_NAMED = 100;

/** Counts paused entries, and keeps the first of them in the order of their names. */
export class PausedEntries {
  #first: PausedEntry[] = [];
  #count = 0;

  get first(): readonly PausedEntry[] {
    return this.#first;
  }

  get count(): number {
    return this.#count;
  }

  /** `now`: cluster time, epoch ms. Yields after each entry, so that the caller can pause. */
  *add(entries: readonly LiveEntry[], now: number): Generator<void, void> {
    const found = [...this.#first];
    for (const { name, definition } of entries) {
      if (definition.kind === "entry" && isPaused(definition, now)) {
        this.#count += 1;
        found.push({ name, pause: definition.pause ?? null });
      }
      yield;
    }
    this.#first = found.sort((one, other) => compareNames(one.name, other.name)).slice(0, MOST_NAMED);
  }
}
