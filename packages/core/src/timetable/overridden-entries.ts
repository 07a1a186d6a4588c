import { namesIn } from "../base/describe.js";
import { configuredOf } from "../entry/overridden.js";
import type { LiveEntry } from "./live-entry.js";

/**
 * The names of the entries that differ from the configuration, because a client edited them. Yields after each entry.
 */
export function* findOverridden(entries: Iterable<LiveEntry>): Generator<void, string[]> {
  const names: string[] = [];
  for (const { name, definition } of entries) {
    if (definition.kind === "entry" && configuredOf(definition)) names.push(name);
    yield;
  }
  return names;
}

/** One line with the way back; none if there is no such entry. */
export function describeOverridden(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const which = names.length === 1 ? "1 entry differs" : `${names.length} entries differ`;
  const why = names.length === 1 ? "it was edited" : "they were edited";
  const wayBack = "client.reset(name) or beatx reset NAME gives one back to the configuration";
  return [`${which} from the configuration because ${why} through a client: ${namesIn(names)} (${wayBack})`];
}
