/** Many entries at once, by what they have in common. */

import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { isPlainObject } from "../base/json.js";
import { refuseUnknownFields } from "../base/known-fields.js";
import { compareNames } from "../base/name-order.js";
import type { EntryDefinition } from "../entry/definition.js";
import { RESERVED_PREFIX } from "../entry/entry.js";
import { prefixOf } from "../entry/entry-names.js";
import { checkTag } from "../entry/tags.js";
import type { Timetable } from "../timetable/timetable.js";
import type { Connection } from "./connection.js";
import { readNameList } from "./edit-many.js";
import { readInParts, readPages } from "./read-entries.js";

/**
 * Which entries a call is about, of the configuration and of clients alike. A tag or `all` reads the whole schedule, a part at a
 * time; an entry that is created meanwhile may be left out.
 */
export type EntrySelector =
  | { readonly tag: string }
  | { readonly names: Iterable<string> }
  /** The beginning of the names. */
  | { readonly prefix: string }
  /** The application whose configuration has them. */
  | { readonly app: string }
  | { readonly all: true };

const FIELDS = ["tag", "names", "prefix", "app", "all"] as const;

/** A copy of the selector. @throws ConfigError for one that is wrong. */
export function readSelector(given: EntrySelector): EntrySelector {
  const expected = "{ tag }, { names }, { prefix }, { app } or { all: true }";
  if (!isPlainObject(given)) {
    throw new ConfigError(`the entries are ${describe(given)}: expected a name, ${expected}`, { field: "entries" });
  }
  refuseUnknownFields("the choice of entries", given, FIELDS);
  const fields = Object.keys(given);
  if (fields.length !== 1) {
    const found = fields.length === 0 ? "nothing" : fields.join(" and ");
    throw new ConfigError(`the choice of entries has ${found}: expected one of ${expected}`, { field: "entries" });
  }
  if ("names" in given) return { names: readNameList(given.names) };
  if ("tag" in given) return { tag: checkTag(given.tag, "tag") };
  if ("prefix" in given) return { prefix: readWord("prefix", given.prefix, "a text, the beginning of names") };
  if ("app" in given) return { app: readWord("app", given.app, "the name of an application") };
  const all: unknown = given.all;
  if (all === true) return { all };
  throw new ConfigError(`all is ${describe(all)}: expected true`, { field: "all" });
}

function readWord(field: string, value: unknown, expected: string): string {
  if (typeof value === "string") return value;
  throw new ConfigError(`${field} is ${describe(value)}: expected ${expected}`, { field });
}

/** The names of the entries that a checked selector is about, also of broken ones. @throws StoreError */
export async function selectNames(connection: Connection, selector: EntrySelector): Promise<string[]> {
  if ("names" in selector) return [...selector.names];
  const names: string[] = [];
  const prefix = "prefix" in selector ? selector.prefix : "app" in selector ? prefixOf(selector.app) : null;
  const parts = prefix === null ? readInParts(connection) : readPages(connection, { prefix });
  for await (const part of parts) for (const name of namesIn(part, selector)) names.push(name);
  return names.sort(compareNames);
}

function* namesIn({ entries, broken }: Timetable, selector: EntrySelector): Generator<string> {
  for (const [name, { definition }] of [...entries, ...broken]) {
    if (name.startsWith(RESERVED_PREFIX) || (definition !== null && definition.kind !== "entry")) continue;
    if (isMeant(definition, selector)) yield name;
  }
}

/** `definition`: `null` for one that cannot be read. */
function isMeant(definition: EntryDefinition | null, selector: EntrySelector): boolean {
  if ("app" in selector) return definition?.app === selector.app;
  if (!("tag" in selector)) return true;
  // Of the stored JSON: so an entry whose rule cannot be read has its tags all the same.
  const tags = definition?.entry["tags"];
  return Array.isArray(tags) && tags.includes(selector.tag);
}
