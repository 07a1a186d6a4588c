/** Many entries at once, by what they have in common. */

import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { isPlainObject, type JsonObject } from "../base/json.js";
import { refuseUnknownFields } from "../base/known-fields.js";
import { compareNames } from "../base/name-order.js";
import { RESERVED_PREFIX } from "../entry/entry.js";
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
  | { readonly all: true };

const FIELDS = ["tag", "names", "prefix", "all"] as const;

/** A copy of the selector. @throws ConfigError for one that is wrong. */
export function readSelector(given: EntrySelector): EntrySelector {
  const expected = "{ tag }, { names }, { prefix } or { all: true }";
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
  if ("all" in given && given.all === true) return { all: true };
  if ("prefix" in given && typeof given.prefix === "string") return { prefix: given.prefix };
  const value = "prefix" in given ? given.prefix : (given as { readonly all: unknown }).all;
  const [field, wanted] = "prefix" in given ? ["prefix", "a text, the beginning of names"] : ["all", "true"];
  throw new ConfigError(`${field} is ${describe(value)}: expected ${wanted}`, { field });
}

/** The names of the entries that a checked selector is about, also of broken ones. @throws StoreError */
export async function selectNames(connection: Connection, selector: EntrySelector): Promise<string[]> {
  if ("names" in selector) return [...selector.names];
  const names: string[] = [];
  const parts = "prefix" in selector ? readPages(connection, selector) : readInParts(connection);
  const tag = "tag" in selector ? selector.tag : null;
  for await (const part of parts) for (const name of namesIn(part, tag)) names.push(name);
  return names.sort(compareNames);
}

/** `tag`: that the entries have; `null`: any. */
function* namesIn({ entries, broken }: Timetable, tag: string | null): Generator<string> {
  for (const [name, { definition, rule }] of entries) {
    if (definition.kind === "entry" && (tag === null || rule.tags.includes(tag))) yield name;
  }
  for (const [name, { definition }] of broken) {
    if (name.startsWith(RESERVED_PREFIX) || (definition !== null && definition.kind !== "entry")) continue;
    if (tag === null || (definition !== null && hasTag(definition.entry, tag))) yield name;
  }
}

/** Whether an entry that cannot be read has the tag all the same. */
function hasTag({ tags }: JsonObject, tag: string): boolean {
  return Array.isArray(tags) && tags.includes(tag);
}
