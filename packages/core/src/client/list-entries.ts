/** Lists entries: all, or a page of them. */

import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { readFields, refuseUnknownFields } from "../base/known-fields.js";
import { compareNames } from "../base/name-order.js";
import { inSlices } from "../base/slices.js";
import type { Connection } from "./connection.js";
import { checkListLength } from "./edit.js";
import { type EntryView, viewEntries } from "./entry-view.js";
import { readInParts, readPages } from "./read-entries.js";

/** Which entries to list. Without any option: all. */
export interface ListOptions {
  /** Only names that begin with this text. */
  readonly prefix?: string | undefined;
  /** Only names after this one in the order of the list; it need not exist. Pass the last name of the page before. */
  readonly after?: string | undefined;
  /** At most this many entries. */
  readonly limit?: number | undefined;
}

/** A copy of the options that are given. @throws ConfigError for one that is wrong. */
export function checkListOptions(given: ListOptions): ListOptions {
  const known = ["prefix", "after", "limit"] as const;
  const options = readFields("the options of list", given, known);
  refuseUnknownFields("the options of list", given, known);
  for (const field of ["prefix", "after"] as const) {
    const value: unknown = options[field];
    if (value === undefined || typeof value === "string") continue;
    throw new ConfigError(`${field} is ${describe(value)}: expected a text, the beginning of a name`, { field });
  }
  if (options.limit !== undefined) checkListLength("limit", options.limit);
  return options;
}

/** All entries. @throws StoreError */
export async function listAll(connection: Connection): Promise<EntryView[]> {
  const views: EntryView[] = [];
  for await (const { entries } of readInParts(connection)) {
    views.push(...(await inSlices(connection.clock, viewEntries(entries.values()))));
  }
  return views.sort((one, other) => compareNames(one.name, other.name));
}

/** The entries that the options name. @throws StoreError */
export async function listSome(
  connection: Connection,
  { limit = Infinity, ...where }: ListOptions,
): Promise<EntryView[]> {
  const views: EntryView[] = [];
  if (limit === 0) return views;
  for await (const { entries } of readPages(connection, where, limit)) {
    const page = await inSlices(connection.clock, viewEntries(entries.values()));
    views.push(...page.sort((one, other) => compareNames(one.name, other.name)));
    if (views.length >= limit) return views.slice(0, limit);
  }
  return views;
}
