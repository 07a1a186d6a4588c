/** Whether a configuration belongs to another application than the stored schedule (R43): pure functions. */

import { namesIn, quoteName } from "../base/describe.js";
import { ConfigError } from "../base/errors.js";
import type { Definition } from "../entry/definition.js";
import type { Timetable } from "./timetable.js";

/** A configuration as far as it shows whose it is. */
export interface OwnConfiguration {
  /** The names of its entries; `null`: it has no `schedule`, and leaves the stored one alone. */
  readonly config: Pick<ReadonlySet<string> | ReadonlyMap<string, unknown>, "keys" | "has"> | null;
  /** The name of the application; `null`: none is given. */
  readonly app: string | null;
}

/** Stored entries as far as they show whose they are. */
export interface KnownEntries {
  readonly entries: ReadonlyMap<string, { readonly definition: Definition }>;
  /** `null`: the definition cannot be read. */
  readonly broken: ReadonlyMap<string, { readonly definition: Definition | null }>;
}

type KnownSchedule = KnownEntries & Pick<Timetable, "cluster">;

/**
 * Names of applications decide if both sides have one. Otherwise a configuration is foreign if the stored schedule has
 * entries of a configuration, and this one has none of them.
 */
export function isForeign(timetable: KnownSchedule, { config, app }: OwnConfiguration): boolean {
  if (config === null || !hasOwner(timetable)) return false;
  const owner = timetable.cluster.app;
  if (app !== null && owner !== null) return app !== owner;
  for (const name of config.keys()) if (hasConfigured(timetable, name)) return false;
  return !configuredNames(timetable).next().done;
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
  const owner = timetable.cluster.app;
  if (app !== null && owner !== null) {
    return foreign(`it belongs to the application ${quoteName(owner)}, and this is ${quoteName(app)}`);
  }
  const names = [...configuredNames(timetable)].sort();
  const whose = owner === null ? "" : ` of the application ${quoteName(owner)}`;
  return foreign(`its configuration${whose} has ${namesIn(names)}, and this one has none of them`);
}

/** A schedule that no node has led belongs to nobody yet. A record that was lost or is broken counts, too. */
function hasOwner({ cluster }: KnownSchedule): boolean {
  return cluster.revision !== null || cluster.lockTtlMs !== null || cluster.app !== null;
}

/** Whether the name is stored as an entry of a configuration. One that cannot be read may be. */
function hasConfigured({ entries, broken }: KnownSchedule, name: string): boolean {
  const unreadable = broken.get(name);
  if (unreadable) return unreadable.definition === null || isConfigured(unreadable.definition);
  return isConfigured(entries.get(name)?.definition);
}

function* configuredNames({ entries, broken }: KnownSchedule): Generator<string> {
  for (const [name, { definition }] of entries) if (isConfigured(definition)) yield name;
  for (const [name, { definition }] of broken) if (isConfigured(definition)) yield name;
}

/** Whether the definition is that of an entry of a configuration. */
export function isConfigured(definition: Definition | null | undefined): boolean {
  return definition?.kind === "entry" && definition.source === "config";
}

function foreign(why: string): ConfigError {
  return new ConfigError(
    `the stored schedule belongs to another configuration: ${why}. Nothing of it is changed, and nothing of this one runs. ` +
      "Give each application a namespace of its own. If this configuration replaces the stored one, start once with " +
      '"replaceSchedule: true" (beatx start --replace). If both are versions of one application, give both the same "app"',
    { field: "namespace" },
  );
}
