/**
 * Entries of the configuration that a client edited: the edit counts, and the configuration's version is kept (R30).
 */

import type { JsonObject } from "../base/json.js";
import type { EntryDefinition } from "./definition.js";

/**
 * What the configuration says of an entry that was edited; `null`: the same, or it is not known, or nobody edited it.
 */
export function configuredOf({ overridden, configured, entry }: EntryDefinition): JsonObject | null {
  return overridden && configured !== undefined && !isSameEntry(configured, entry) ? configured : null;
}

/** The fields of a definition whose entry a client has written, on top of the definition `before`. */
export function overriddenBy(
  entry: JsonObject,
  before: EntryDefinition | undefined,
): Pick<EntryDefinition, "source" | "app" | "overridden" | "configured" | "entry"> {
  if (before?.source !== "config") return { source: "api", overridden: false, entry };
  const owner = { source: "config", ...(before.app === undefined ? {} : { app: before.app }) } as const;
  const configured = before.overridden ? before.configured : before.entry;
  if (configured === undefined) return { ...owner, overridden: true, entry };
  if (isSameEntry(configured, entry)) return { ...owner, overridden: false, entry };
  return { ...owner, overridden: true, configured, entry };
}

/** The definition with the configuration's version of its entry, if a client edited it and that version is known. */
export function givenBack({ configured, ...definition }: EntryDefinition): EntryDefinition {
  return { ...definition, overridden: false, entry: configured ?? definition.entry };
}

/** Both are results of `entryToJson`. */
export function isSameEntry(a: JsonObject, b: JsonObject): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
