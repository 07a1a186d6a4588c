import type { StoredEntry } from "../contract/store.js";
import type { Definition } from "../entry/definition.js";
import { type BrokenEntry, brokenEntry } from "./live-entry.js";

/** Stored entries that cannot be read. Each is reported once per revision; the others run as usual. */
export class BrokenEntries extends Map<string, BrokenEntry> {
  /** Rises whenever an entry is found broken. */
  found = 0;

  /** `definition`: `null` if it is what cannot be read. */
  add(stored: StoredEntry, definition: Definition | null, cause: unknown): void {
    this.found += 1;
    this.set(stored.name, brokenEntry(stored, definition, cause));
  }
}
