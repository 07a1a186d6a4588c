import type { Schedule } from "../contract/schedule.js";

/** Instants are counted up to this number, backwards from the newest; beyond it a count says "at least" (R16). */
export const COUNT_LIMIT = 10_000;
/** Most instants of one section: the unit of work. */
const SECTION = 64;
/** Sections whose instants are kept in memory. */
const LISTED = 4;

/** The instants in `(after, end]`, where `end` is the `after` of the next section. */
interface Section {
  after: number;
  count: number;
}

/**
 * The newest instants of a rule: counted in sections, and listed again where one is asked for, so thousands of rules with
 * thousands of missed instants take little memory. All entries of a rule share one. It grows in small steps, so no
 * caller has to wait for a long list; a step asks the rule for at most 65 instants (R16).
 */
export class RecentInstants {
  readonly #schedule: Schedule;
  /** The oldest first. Never empty. */
  readonly #sections: Section[];
  readonly #listed = new Map<Section, number[]>();
  /** The number of counted instants: those after the first section's `after`, up to `#until`. */
  #total = 0;
  #until: number;
  /** The first instant after `#until`. */
  #beyond: number | null;
  /** Instants added by steps forward since the horizon was last reached. */
  #added = 0;
  /** The time that the next step backwards covers. */
  #stepMs: number;

  /** `gapMs`: roughly the time between two instants. */
  constructor(schedule: Schedule, horizon: number, gapMs: number) {
    this.#schedule = schedule;
    this.#sections = [{ after: horizon, count: 0 }];
    this.#until = horizon;
    this.#beyond = schedule.next(horizon);
    this.#stepMs = Math.max(SECTION, gapMs * (SECTION / 2));
  }

  /** Epoch ms. All instants from here up to the horizon are counted. */
  get after(): number {
    return this.#sections[0]!.after;
  }

  /** Too much time has passed since the last horizon: counting anew from the present one is less work. */
  get isOutdated(): boolean {
    return this.#added > COUNT_LIMIT;
  }

  /**
   * Counts the instants in `(floor, horizon]`, or the newest `COUNT_LIMIT` of them. `false`: `isOver` ended the work early,
   * and the next call goes on.
   */
  reach(floor: number, horizon: number, isOver: () => boolean): boolean {
    while (this.#until < horizon) {
      if (isOver()) return false;
      this.#stepForward(horizon);
      if (this.isOutdated) return false;
    }
    while (this.after > floor && this.rankOf(horizon) < COUNT_LIMIT) {
      if (isOver()) return false;
      this.#stepBackward(floor);
    }
    return true;
  }

  /** The number of counted instants at or before `moment`. */
  rankOf(moment: number): number {
    if (moment >= this.#until) return this.#total;
    let rank = this.#total;
    for (let index = this.#sections.length - 1; index >= 0; index -= 1) {
      const section = this.#sections[index]!;
      rank -= section.count;
      if (moment >= section.after) return rank + countUpTo(this.#list(section, index), moment);
    }
    return 0;
  }

  /** Up to `count` counted instants, oldest first, from the one of this rank. */
  from(rank: number, count: number): number[] {
    const found: number[] = [];
    let before = 0;
    for (const [index, section] of this.#sections.entries()) {
      if (found.length >= count) break;
      const end = before + section.count;
      if (end >= rank) found.push(...this.#list(section, index).slice(Math.max(0, rank - 1 - before)));
      before = end;
    }
    return found.slice(0, count);
  }

  #stepForward(horizon: number): void {
    for (let step = 0; step < SECTION; step += 1) {
      const next = this.#beyond;
      if (next === null || next > horizon) {
        this.#until = horizon;
        this.#added = 0;
        return;
      }
      this.#append(next);
      this.#until = next;
      this.#beyond = this.#schedule.next(next);
    }
  }

  #append(instant: number): void {
    let last = this.#sections.at(-1)!;
    if (last.count >= SECTION) this.#sections.push((last = { after: this.#until, count: 0 }));
    last.count += 1;
    this.#listed.get(last)?.push(instant);
    this.#total += 1;
    this.#added += 1;
    const oldest = this.#sections[0]!;
    if (this.#total - oldest.count < COUNT_LIMIT) return;
    this.#total -= oldest.count;
    this.#listed.delete(oldest);
    this.#sections.shift();
  }

  /** Adds a section before the first one. If there are too many instants in it, the next step covers less time. */
  #stepBackward(floor: number): void {
    const first = this.#sections[0]!;
    const after = Math.max(floor, first.after - this.#stepMs);
    const instants = listBetween(this.#schedule, after, first.after);
    if (instants === undefined) {
      this.#stepMs = Math.ceil((first.after - after) / 2);
      return;
    }
    if (instants.length < SECTION / 4) this.#stepMs *= 2;
    if (instants.length > 0 && first.count > 0) this.#sections.unshift({ after, count: instants.length });
    else {
      first.after = after;
      first.count += instants.length;
      this.#listed.delete(first);
    }
    this.#total += instants.length;
  }

  #list(section: Section, index: number): readonly number[] {
    let instants = this.#listed.get(section);
    if (instants) return instants;
    const end = this.#sections[index + 1]?.after ?? this.#until;
    instants = listBetween(this.#schedule, section.after, end) ?? [];
    this.#listed.set(section, instants);
    for (const oldest of this.#listed.keys()) {
      if (this.#listed.size <= LISTED) break;
      this.#listed.delete(oldest);
    }
    return instants;
  }
}

/** The instants in `(after, end]`; `undefined`: there are more than a section holds. */
function listBetween(schedule: Schedule, after: number, end: number): number[] | undefined {
  const instants: number[] = [];
  for (let next = schedule.next(after); next !== null && next <= end; next = schedule.next(next)) {
    if (instants.length === SECTION) return undefined;
    instants.push(next);
  }
  return instants;
}

function countUpTo(instants: readonly number[], moment: number): number {
  let [low, high] = [0, instants.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (instants[middle]! <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
