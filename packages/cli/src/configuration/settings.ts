import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { type BeatOptions, ConfigError, createBeat, silentLogger } from "@beatx/core";
import { redactUri } from "@beatx/core/adapter";
import { storeProvider as lmdbProvider } from "@beatx/store-lmdb";
import type { CommandContext } from "../output/command-context.js";
import type { BeatConfig } from "./define-config.js";
import { findConfig } from "./find-config.js";
import { FLAG_NAMES, type Flags, type OptionField } from "./flags.js";
import { loadConfig } from "./load-config.js";

/** Used when nobody names a store: a folder that the nodes of this machine share. */
export const DEFAULT_STORE = "lmdb:./.beatx";

/** What configuration file and command line say together; checked, with nothing opened. */
export interface Settings {
  readonly options: BeatOptions;
  /** Name of the configuration file, without its folder; `null`: there is none. */
  readonly configName: string | null;
  /** Who names the store; `null`: nobody, it is the default one. */
  readonly storeSource: string | null;
  readonly namespace: string;
  readonly timezone: string;
}

/** @throws ConfigError that names the file or the option which is wrong. */
export async function readSettings(flags: Flags, context: CommandContext): Promise<Settings> {
  const file = findConfig(context.cwd, flags.config);
  const config = file === null ? {} : withoutUndefined(await loadConfig(file));
  refuseEmptyFields(config, file);
  const given = givenOptions(flags);
  // A configuration names the packages that lie beside it; core asks the application's own folder as well.
  const from = file === null ? {} : { from: dirname(file) };
  const stores = [...(config.stores ?? []), lmdbProvider];
  const options = { store: DEFAULT_STORE, ...from, ...config, ...given, stores };
  const configName = file === null ? null : basename(file);
  check(options, given, configName);
  return {
    options,
    configName,
    storeSource: given.store !== undefined ? "--store or BEATX_STORE" : config.store !== undefined ? configName : null,
    namespace: options.namespace ?? "beatx",
    timezone: options.timezone ?? "UTC",
  };
}

/** Where the schedule is, for people; without passwords. */
export function describeStore({ store }: BeatOptions): string {
  return typeof store === "string" ? redactUri(store) : `${store.name} (an object of the configuration)`;
}

/** Where occurrences go, for people; without passwords. */
export function describeDestination({ publisher, handlers }: BeatOptions): string {
  if (typeof publisher === "string") return redactUri(publisher);
  if (typeof publisher === "object") return `${publisher.name} (an object of the configuration)`;
  return handlers ? `handlers of this process: ${Object.keys(handlers).join(", ")}` : "a function of the configuration";
}

/** `true`: nobody has named a store, and the default one was never created. */
export function hasNoStore(settings: Settings): boolean {
  return settings.storeSource === null && !existsSync(DEFAULT_STORE.slice("lmdb:".length));
}

/** As YAML reads a line that ends behind the colon. Core takes `undefined`, not `null`, for "left out". */
function refuseEmptyFields(config: BeatConfig, file: string | null): void {
  const empty = Object.entries(config).find(([, value]) => value === null)?.[0];
  if (empty === undefined || file === null) return;
  throw new ConfigError(`${basename(file)}: ${empty} is empty: give it a value, or remove it`, { field: empty });
}

/** As `process.env.STORE` leaves a field: as good as left out. */
function withoutUndefined(config: BeatConfig): BeatConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

function givenOptions(flags: Flags): BeatConfig {
  const fields = Object.keys(FLAG_NAMES) as OptionField[];
  return Object.fromEntries(fields.filter((field) => flags[field] !== undefined).map((field) => [field, flags[field]]));
}

/** A node checks everything when it is made, before it opens anything. */
function check(options: BeatOptions, given: BeatConfig, configName: string | null): void {
  // Only a node needs a destination; whether it has one is for the start command to say.
  const isNode = options.publisher !== undefined || options.handlers !== undefined;
  const destination = isNode ? {} : { publisher: () => Promise.resolve() };
  try {
    createBeat({ ...options, ...destination, logger: silentLogger });
  } catch (cause) {
    if (!ConfigError.isInstance(cause)) throw cause;
    const field = (cause as ConfigError).field?.split(/[.[]/)[0];
    const isGiven = field !== undefined && field in given;
    const source = isGiven ? FLAG_NAMES[field as OptionField] : configName;
    throw new ConfigError(source === null ? cause.message : `${source}: ${cause.message}`, { cause });
  }
}
