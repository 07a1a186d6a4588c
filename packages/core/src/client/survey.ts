import type { Clock } from "../base/clock.js";
import { compareNames } from "../base/name-order.js";
import { inSlices } from "../base/slices.js";
import type { Definition } from "../entry/definition.js";
import { type EntriesAhead, findAhead } from "../timetable/clock-ahead.js";
import { ConfiguredEntries, isConfigured } from "../timetable/configured-entries.js";
import type { KnownEntries, OwnConfiguration } from "../timetable/foreign-configuration.js";
import { dueAtOf, entryNameOf, type LiveEntry } from "../timetable/live-entry.js";
import { findOverridden } from "../timetable/overridden-entries.js";
import type { Timetable } from "../timetable/timetable.js";
import { type Upcoming, upcoming } from "../timetable/upcoming.js";
import type { BeatStatus } from "./beat-status.js";
import { runsOf } from "./entry-view.js";
import { PausedEntries } from "./paused-entries.js";

/** Names of entries whose occurrences were given up. */
const MOST_NAMED = 100;

/**
 * What `status` finds in the stored entries, a part of them at a time. It keeps counts, and the names of the entries that
 * it tells of, but no entries: so a large schedule takes no more memory than one part of it.
 */
export class Survey {
  readonly #clock: Clock;
  readonly #own: OwnConfiguration;
  readonly #next: number;
  #entries = 0;
  #upcoming: readonly Upcoming[] = [];
  #ahead: EntriesAhead = { names: [], until: 0 };
  #hasOwnEntry = false;
  readonly #owners = new ConfiguredEntries();
  /** The versions of the applications that have a record. */
  readonly #versions = new Map<string, number | null>();
  readonly #configured = new Map<string, { readonly definition: Definition }>();
  readonly #unreadable = new Map<string, { readonly definition: Definition | null }>();
  /** The entries and requested runs that are due, each since when, epoch ms. */
  readonly due: Map<string, number> = new Map<string, number>();
  readonly broken: { readonly name: string; readonly message: string }[] = [];
  readonly removed: { readonly name: string; readonly runs: number }[] = [];
  readonly paused: PausedEntries = new PausedEntries();
  /** The occurrences that were given up, and the first of their entries by name. */
  readonly givenUp: { count: number; names: string[] } = { count: 0, names: [] };
  /** The names of the entries that differ from the configuration. */
  readonly overridden: string[] = [];

  /** `own`: the configuration of the caller. `next`: how many of the next occurrences are listed. */
  constructor(clock: Clock, own: OwnConfiguration, next: number) {
    this.#clock = clock;
    this.#own = own;
    this.#next = next;
  }

  /** The number of entries, without beatx's own records. */
  get entries(): number {
    return this.#entries;
  }

  /** The next occurrence of each of the entries that are due next, earliest first. */
  get upcoming(): readonly Upcoming[] {
    return this.#upcoming;
  }

  /** The entries that wait because a clock was ahead (R17). */
  get ahead(): EntriesAhead {
    return this.#ahead;
  }

  /** Enough of the schedule to tell whose it is: one entry of the caller's configuration; without one, all of any. */
  get configured(): KnownEntries {
    return { entries: this.#configured, broken: this.#unreadable, configured: this.#owners };
  }

  /** The applications that share the schedule, by name. */
  get apps(): BeatStatus["apps"] {
    const names = [...this.#owners.owners, ...this.#versions.keys()].filter((app) => app !== null);
    return [...new Set(names)].sort(compareNames).map((app) => {
      return { app, configVersion: this.#versions.get(app) ?? null, entries: this.#owners.count(app) };
    });
  }

  /** `now`: cluster time when the part was read, epoch ms. */
  async add(part: Timetable, now: number): Promise<void> {
    const lives = [...part.entries.values()];
    const entries = lives.filter(({ definition }) => definition.kind === "entry");
    this.#entries += entries.length;
    for (const [name, { error }] of part.broken) this.broken.push({ name, message: error.message });
    for (const [name, { cursor }] of part.removed) this.removed.push({ name, runs: runsOf(name, cursor) });
    await inSlices(this.#clock, this.#noteDue(lives, now));
    await inSlices(this.#clock, this.#noteGivenUp(entries));
    await inSlices(this.#clock, this.paused.add(entries, now));
    this.overridden.push(...(await inSlices(this.#clock, findOverridden(lives))));
    const { names, until } = await inSlices(this.#clock, findAhead(lives, now));
    this.#ahead = { names: [...this.#ahead.names, ...names], until: Math.max(this.#ahead.until, until) };
    const found = await inSlices(this.#clock, upcoming(entries, this.#next, { onceEach: true }));
    const all = [...this.#upcoming, ...found].sort((one, other) => one.runAt - other.runAt);
    this.#upcoming = all.slice(0, this.#next);
    this.#noteOwners(part);
    this.#noteConfigured(part);
  }

  #noteOwners({ entries, broken, apps }: Timetable): void {
    for (const { definition } of entries.values()) this.#owners.add(definition);
    for (const { definition } of broken.values()) this.#owners.add(definition);
    for (const [app, { definition }] of apps) this.#versions.set(app, definition?.configVersion ?? null);
  }

  *#noteDue(entries: readonly LiveEntry[], now: number): Generator<void, void> {
    for (const live of entries) {
      const dueAt = dueAtOf(live);
      if (dueAt !== null && dueAt <= now) this.due.set(entryNameOf(live), dueAt);
      yield;
    }
  }

  *#noteGivenUp(entries: readonly LiveEntry[]): Generator<void, void> {
    const { givenUp } = this;
    const names = [...givenUp.names];
    for (const { name, cursor } of entries) {
      const count = cursor?.givenUp ?? 0;
      if (count > 0) names.push(name);
      givenUp.count += count;
      yield;
    }
    givenUp.names = names.sort(compareNames).slice(0, MOST_NAMED);
  }

  #noteConfigured({ entries, broken }: Timetable): void {
    if (this.#own.config === null) return;
    for (const [name, { definition }] of entries) {
      if (this.#mayBeConfigured(name, definition)) this.#configured.set(name, { definition });
    }
    for (const [name, { definition }] of broken) {
      if (this.#mayBeConfigured(name, definition)) this.#unreadable.set(name, { definition });
    }
  }

  /** As soon as one of the caller's own is found, all others say nothing more. */
  #mayBeConfigured(name: string, definition: Definition | null): boolean {
    if (this.#hasOwnEntry || !(definition === null || isConfigured(definition))) return false;
    // An entry of an application shows by its owner.
    if (definition !== null && definition.app !== undefined) return false;
    if (!this.#own.config!.has(name)) return true;
    this.#hasOwnEntry = true;
    this.#configured.clear();
    this.#unreadable.clear();
    return true;
  }
}
