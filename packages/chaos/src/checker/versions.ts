import type { Version } from "./record.js";

/** A version with the span in which it may have held, and the one in which it certainly did. Epoch ms. */
export interface Span {
  readonly version: Version;
  readonly possibleFrom: number;
  readonly possibleTo: number;
  readonly certainFrom: number;
  readonly certainTo: number;
  /** Why it ended. */
  readonly endedBy: string;
}

/**
 * The spans of one entry's versions, in the order of their writing. A version certainly holds from `certainFrom` until the next change
 * begins. It may hold from its beginning until another is certain.
 */
export function spansOf(versions: readonly Version[]): Span[] {
  return versions.map((version, index) => {
    const later = versions.slice(index + 1);
    const nextBegin = Math.min(Infinity, ...later.map(({ from }) => from));
    const nextCertain = later.find(({ certainFrom }) => certainFrom !== null)?.certainFrom ?? Infinity;
    return {
      version,
      possibleFrom: version.from,
      possibleTo: nextCertain,
      certainFrom: version.certainFrom ?? Infinity,
      certainTo: nextBegin,
      endedBy: later[0]?.because ?? "",
    };
  });
}

/** By entry, each list in the given order. */
export function byEntry<T extends { readonly entry: string }>(items: readonly T[]): Map<string, T[]> {
  const map = new Map<string, T[]>();
  for (const item of items) {
    const list = map.get(item.entry);
    if (list) list.push(item);
    else map.set(item.entry, [item]);
  }
  return map;
}

/** The instants of an interval after `after` and up to `to`. */
export function* instantsBetween(everyMs: number, after: number, to: number): Generator<number> {
  for (let instant = (Math.floor(after / everyMs) + 1) * everyMs; instant <= to; instant += everyMs) yield instant;
}
