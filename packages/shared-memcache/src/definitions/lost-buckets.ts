import type { Notices } from "../items/unreadable.js";
import type { LoadedSections } from "./loaded-buckets.js";
import type { ScheduleItems } from "./schedule-items.js";

/** A leader gives an item up after missing it in this many polls. By then every standby has had a chance to restore it. */
const MISSES_BEFORE_GIVING_UP = 10;

/** References of sections and of buckets. */
export interface ItemReferences {
  readonly sections: readonly string[];
  readonly buckets: readonly string[];
}

/** Counts how often this node has missed items, and says what became of them. */
export class LostBuckets {
  readonly #items: ScheduleItems;
  readonly #notices: Notices;
  /** The number of polls in a row that missed each. */
  readonly #misses = new Map<string, number>();

  constructor(items: ScheduleItems, notices: Notices) {
    this.#items = items;
    this.#notices = notices;
  }

  /** Counts one poll of some items. It missed some of them. */
  count(polled: readonly string[], missed: readonly string[]): void {
    for (const reference of polled) {
      if (missed.includes(reference)) this.#misses.set(reference, (this.#misses.get(reference) ?? 0) + 1);
      else this.#misses.delete(reference);
    }
  }

  /** Items that enough polls have missed to give them up. */
  longMissed(): string[] {
    return [...this.#misses].flatMap(([reference, misses]) => (misses >= MISSES_BEFORE_GIVING_UP ? [reference] : []));
  }

  /** A complete reading has left out the entries of these items. */
  reportSkipped(state: LoadedSections, lost: ItemReferences): void {
    const rest = "left out until a node that knows them restores them, or the leader gives them up";
    this.#notices.add(`${this.#describe(lost)}: ${this.#entries(state, lost)} ${rest}`);
  }

  reportDropped(state: LoadedSections, lost: ItemReferences): void {
    const rest = "given up: add them again";
    this.#notices.add(`${this.#describe(lost)}, and no node had a copy: ${this.#entries(state, lost)} ${rest}`);
  }

  /** The number of entries in these buckets; `null`: this node does not keep all of them. */
  entriesIn(references: readonly string[]): number | null {
    let entries = 0;
    for (const reference of references) {
      const bucket = this.#items.buckets.peek(reference);
      if (!bucket && reference !== "") return null;
      entries += bucket?.rows.size ?? 0;
    }
    return entries;
  }

  #describe({ sections, buckets }: ItemReferences): string {
    const described = [
      ...(sections.length > 0 ? [this.#items.sections.describeLost(sections)] : []),
      ...(buckets.length > 0 ? [this.#items.buckets.describeLost(buckets)] : []),
    ];
    return described.join("; ");
  }

  #entries(state: LoadedSections, { buckets }: ItemReferences): string {
    const kept = this.entriesIn(state.references().filter((reference) => !buckets.includes(reference)));
    return kept === null ? "their entries are" : `their ${Math.max(0, state.manifest.total - kept)} entries are`;
  }
}
