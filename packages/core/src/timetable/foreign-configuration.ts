/** Whether a configuration may share the stored schedule (R43): pure functions. */

import { namesIn, quoteName } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import type { Definition } from "../entry/definition.js";
import { type ConfiguredEntries, isConfigured } from "./configured-entries.js";
import type { Timetable } from "./timetable.js";

/** A configuration as far as it shows whose it is. */
export interface OwnConfiguration {
  /** The full names of its entries; `null`: it has no `schedule`, and leaves the stored one alone. */
  readonly config: Pick<ReadonlySet<string> | ReadonlyMap<string, unknown>, "keys" | "has"> | null;
  /** The name of the application; `null`: none is given. */
  readonly app: string | null;
}

/** Stored entries as far as they show whose they are. */
export interface KnownEntries {
  readonly entries: ReadonlyMap<string, { readonly definition: Definition }>;
  /** `null`: the definition cannot be read. */
  readonly broken: ReadonlyMap<string, { readonly definition: Definition | null }>;
  readonly configured: Pick<ConfiguredEntries, "owners" | "has">;
}

type KnownSchedule = KnownEntries & Pick<Timetable, "cluster">;

/**
 * Configurations with and without a name do not mix. Among those with names none is foreign; one without is foreign to
 * stored entries of another without, if it has none of them.
 */
export function isForeign(timetable: KnownSchedule, { config, app }: OwnConfiguration): boolean {
  const { configured } = timetable;
  if (config === null || !hasOwner(timetable)) return false;
  if (app !== null) return configured.has(null);
  if (appsIn(configured).length > 0) return true;
  for (const name of config.keys()) if (hasConfigured(timetable, name)) return false;
  return configured.has(null);
}

/** Why the node must not merge its configuration, with the way out; `null`: it may (R43). */
export function refusedConfiguration(
  timetable: KnownSchedule,
  own: OwnConfiguration & { readonly replaceSchedule?: boolean },
): ConfigError | null {
  return own.replaceSchedule || !isForeign(timetable, own) ? null : explainForeign(timetable, own);
}

/** `own`: foreign to the timetable. */
export function explainForeign(timetable: KnownSchedule, { app }: OwnConfiguration): ConfigError {
  const apps = appsIn(timetable.configured);
  if (app === null && apps.length > 0) {
    return foreign(
      `it has entries of ${apps.length === 1 ? "the application" : "the applications"} ${namesIn(apps)}, and this one gives no name`,
      `If it is one of several applications on this beat, give it a name of its own: "app" (--app)`,
    );
  }
  const names = namesIn([...unnamed(timetable)].sort());
  if (app !== null) {
    return foreign(
      `its configuration gives no name and has ${names}, and this is the application ${quoteName(app)}`,
      `If it is the same application, which has got its name now, its entries go on under their new names`,
    );
  }
  return foreign(
    `its configuration has ${names}, and this one has none of them`,
    `If both are applications on one beat, give each a name: "app"`,
  );
}

/** A schedule that no node has led belongs to nobody yet. A record that was lost or is broken counts, too. */
function hasOwner({ cluster }: KnownSchedule): boolean {
  return cluster.revision !== null || cluster.lockTtlMs !== null;
}

/** Whether the name is stored as an entry of a configuration. One that cannot be read may be. */
function hasConfigured({ entries, broken }: KnownSchedule, name: string): boolean {
  const unreadable = broken.get(name);
  if (unreadable) return unreadable.definition === null || isConfigured(unreadable.definition);
  return isConfigured(entries.get(name)?.definition);
}

/** The applications that have entries. */
function appsIn({ owners }: KnownEntries["configured"]): string[] {
  return [...owners].filter((app) => app !== null).sort();
}

/** The entries of a configuration without a name. */
function* unnamed({ entries, broken }: KnownSchedule): Generator<string> {
  for (const [name, { definition }] of entries) if (isUnnamed(definition)) yield name;
  for (const [name, { definition }] of broken) if (isUnnamed(definition)) yield name;
}

function isUnnamed(definition: Definition | null): boolean {
  return isConfigured(definition) && definition.app === undefined;
}

function foreign(why: string, orElse: string): ConfigError {
  return new ConfigError(
    `the stored schedule belongs to another configuration: ${why}. Nothing of it is changed, and nothing of this one runs. ` +
      "Give each of them a namespace of its own. If this configuration replaces the stored one, start once with " +
      `"replaceSchedule: true" (beatx start --replace). ${orElse}`,
    { field: "namespace" },
  );
}
