/** How a configuration differs from the stored schedule: pure functions. */

import type { JsonObject } from "../base/json.js";
import type { Entry } from "../entry/entry.js";
import { isSameEntry } from "../entry/overridden.js";
import { entryToJson } from "../entry/read-entry.js";
import { followsConfiguration, newMergeNotes, reconcileName, type ReconcileInput } from "../timetable/reconcile.js";

/** An entry of the configuration and of the store, by its full name. Defaults are left out of both. */
export interface EntryVersions {
  readonly name: string;
  /** What is stored; `null`: it cannot be read. */
  readonly stored: JsonObject | null;
  readonly configured: JsonObject;
}

/** What a configuration would change in the stored schedule. */
export interface ScheduleDiff {
  /** Entries that are not stored yet. */
  readonly added: readonly Omit<EntryVersions, "stored">[];
  readonly changed: readonly EntryVersions[];
  /** Stored entries of an earlier configuration that this one no longer has. */
  readonly removed: readonly Omit<EntryVersions, "configured">[];
  /** Entries that a client has created or edited, and that differ: they stay as they are stored. */
  readonly overridden: readonly EntryVersions[];
  /** The names of all others of the configuration. */
  readonly unchanged: readonly string[];
}

type Input = ReconcileInput & { readonly config: ReadonlyMap<string, Entry> };

/** The names of the configuration, then those that only the store has. A copy: the timetable may change meanwhile. */
export function namesToCompare({ config, timetable }: Input): ReadonlySet<string> {
  return new Set([...config.keys(), ...timetable.entries.keys()]);
}

/** Yields after each entry, so that the caller can pause. */
export function* comparing(input: Input): Generator<void, ScheduleDiff> {
  const diff = {
    added: [] as Omit<EntryVersions, "stored">[],
    changed: [] as EntryVersions[],
    removed: [] as Omit<EntryVersions, "configured">[],
    overridden: [] as EntryVersions[],
    unchanged: [] as string[],
  };
  const notes = newMergeNotes();
  for (const name of namesToCompare(input)) {
    yield;
    const step = reconcileName(input, input.config, name, notes);
    const entry = input.config.get(name);
    const { definition, stored } = storedUnder(input, name);
    if (!entry) {
      if (step) diff.removed.push({ name, stored });
      continue;
    }
    const configured = entryToJson(entry);
    if (definition && !followsConfiguration(definition)) {
      if (stored && isSameEntry(stored, configured)) diff.unchanged.push(name);
      else diff.overridden.push({ name, stored, configured });
    } else if (!step) diff.unchanged.push(name);
    else if (input.timetable.entries.has(name) || input.timetable.broken.has(name)) {
      diff.changed.push({ name, stored, configured });
    } else diff.added.push({ name, configured });
  }
  return diff;
}

function storedUnder({ timetable }: Input, name: string) {
  const definition = timetable.entries.get(name)?.definition ?? timetable.broken.get(name)?.definition;
  const entry = definition?.kind === "entry" ? definition : null;
  return { definition: entry, stored: entry?.entry ?? null };
}
