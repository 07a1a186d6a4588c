import { DueQueue } from "./due-queue.js";
import type { LiveEntry } from "./live-entry.js";

/** The entries in the order in which they are due. Each has a slot, a small number, for as long as it exists. */
export class EntryQueue {
  readonly #queue = new DueQueue();
  readonly #entries: (LiveEntry | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #latestSettled = -Infinity;

  /** No entry has settled an instant after this one, or counts from a later one; epoch ms. */
  get latestSettled(): number {
    return this.#latestSettled;
  }

  /** When the next entry is due, epoch ms; `Infinity`: never. */
  get earliest(): number {
    return this.#queue.earliest;
  }

  /** Number of entries that are due at `now`, counted up to `most`. */
  countDue(now: number, most: number): number {
    return this.#queue.countUntil(now, most);
  }

  /** The slot of a new entry, which is set next. Of entries with the same instant, those of one group come together. */
  newSlot(group: number): number {
    const slot = this.#freeSlots.pop() ?? this.#entries.length;
    this.#queue.setGroup(slot, group);
    return slot;
  }

  /** `dueAt`: epoch ms; `null`: never. */
  set(entry: LiveEntry, dueAt: number | null): void {
    this.#entries[entry.slot] = entry;
    this.#latestSettled = Math.max(this.#latestSettled, entry.cursor?.at ?? -Infinity, entry.rule.effectiveFrom);
    if (dueAt === null) this.#queue.remove(entry.slot);
    else this.#queue.set(entry.slot, dueAt);
  }

  /** The entry no longer exists. */
  drop({ slot }: LiveEntry): void {
    this.#queue.remove(slot);
    this.#entries[slot] = undefined;
    this.#freeSlots.push(slot);
  }

  /** Takes up to `limit` entries that are due at `now` out of the queue, earliest first. They keep their slots. */
  take(now: number, limit: number): LiveEntry[] {
    const taken: LiveEntry[] = [];
    while (taken.length < limit && this.#queue.earliest <= now) taken.push(this.#entries[this.#queue.pop()!]!);
    return taken;
  }
}
