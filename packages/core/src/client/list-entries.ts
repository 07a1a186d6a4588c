/** Lists entries: all, those of a tag, or a page of them. */

import { describe } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import { readFields, refuseUnknownFields } from "../base/known-fields.js";
import { compareNames } from "../base/name-order.js";
import { inSlices } from "../base/slices.js";
import type { Connection } from "./connection.js";
import { checkListLength } from "./edit.js";
import { checkTag } from "../entry/tags.js";
import type { LiveEntry } from "../timetable/live-entry.js";
import { type EntryView, viewEntries } from "./entry-view.js";
import { readInParts, readPages, timeToView } from "./read-entries.js";

/** Which entries to list. Without any option: all. */
export interface ListOptions {
  /** Only names that begin with this text. */
  readonly prefix?: string | undefined;
  /** Only names after this one in the order of the list; it need not exist. Pass the last name of the page before. */
  readonly after?: string | undefined;
  /** At most this many entries. */
  readonly limit?: number | undefined;
  /** Only entries with this tag. The others are read as well, a part at a time: only the names are in an order. */
  readonly tag?: string | undefined;
}

/** A copy of the options that are given. @throws ConfigError for one that is wrong. */
export function checkListOptions(given: ListOptions): ListOptions {
  const known = ["prefix", "after", "limit", "tag"] as const;
  const options = readFields("the options of list", given, known);
  refuseUnknownFields("the options of list", given, known);
  for (const field of ["prefix", "after"] as const) {
    const value: unknown = options[field];
    if (value === undefined || typeof value === "string") continue;
    throw new ConfigError(`${field} is ${describe(value)}: expected a text, the beginning of a name`, { field });
  }
  if (options.limit !== undefined) checkListLength("limit", options.limit);
  if (options.tag !== undefined) checkTag(options.tag, "tag");
  return options;
}

/** The entries that the checked options name, in the order of their names. @throws StoreError */
export function listEntries(connection: Connection, { tag, ...page }: ListOptions): Promise<EntryView[]> {
  const isListed = (live: LiveEntry): boolean => tag === undefined || live.rule.tags.includes(tag);
  return Object.keys(page).length === 0 ? listAll(connection, isListed) : listPage(connection, page, isListed, tag);
}

type IsListed = (live: LiveEntry) => boolean;

async function listAll(connection: Connection, isListed: IsListed): Promise<EntryView[]> {
  const views: EntryView[] = [];
  for await (const { entries } of readInParts(connection)) {
    views.push(...(await viewsOf(connection, entries, isListed)));
  }
  return views.sort((one, other) => compareNames(one.name, other.name));
}

async function listPage(
  connection: Connection,
  { limit = Infinity, ...where }: ListOptions,
  isListed: IsListed,
  tag: string | undefined,
): Promise<EntryView[]> {
  const views: EntryView[] = [];
  if (limit === 0) return views;
  // Few entries of a page may have the tag.
  for await (const { entries } of readPages(connection, where, tag === undefined ? limit : undefined)) {
    const page = await viewsOf(connection, entries, isListed);
    views.push(...page.sort((one, other) => compareNames(one.name, other.name)));
    if (views.length >= limit) return views.slice(0, limit);
  }
  return views;
}

async function viewsOf(
  connection: Connection,
  entries: ReadonlyMap<string, LiveEntry>,
  isListed: IsListed,
): Promise<EntryView[]> {
  const listed = [...entries.values()].filter(isListed);
  const now = await timeToView(connection, listed);
  return inSlices(connection.clock, viewEntries(listed, now));
}
