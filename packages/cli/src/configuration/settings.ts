import { basename, dirname } from "node:path";
import { type BeatOptions, ConfigError, createBeat, silentLogger } from "@beatx/core";
import { redactUri } from "@beatx/core/adapter";
import type { CommandContext } from "../output/command-context.js";
import { printable } from "../output/printable.js";
import { DEFAULT_STORE } from "./default-store.js";
import type { BeatConfig } from "./define-config.js";
import { findConfig } from "./find-config.js";
import { FLAG_NAMES, type Flags, type OptionField, sourceOf } from "./flags.js";
import { loadConfig } from "./load-config.js";

/** The configuration file and the command line combined: checked, with nothing opened. */
export interface Settings {
  readonly options: BeatOptions;
  /** Name of the configuration file, without its folder; `null` if there is none. */
  readonly configName: string | null;
  /** Where the store is named; `null`: nowhere, it is the default one. */
  readonly storeSource: string | null;
  readonly namespace: string;
  readonly timezone: string;
}

/** The settings of a command that needs only the store: a wrong entry of the file is a warning on stderr. */
export function readStoreSettings(flags: Flags, context: CommandContext): Promise<Settings> {
  return readSettings(flags, context, true);
}

/** @throws ConfigError that names the file or option at fault; `isLenient`: not for a wrong entry, which is a warning. */
export async function readSettings(flags: Flags, context: CommandContext, isLenient = false): Promise<Settings> {
  const file = findConfig(context.cwd, flags.config);
  const config = file === null ? {} : withoutUndefined(await loadConfig(file));
  refuseEmptyFields(config, file);
  const given = givenOptions(flags);
  // Packages are searched beside the configuration file first; core goes on with the application's own folder.
  const from = file === null ? {} : { from: dirname(file) };
  const stores = [...(config.stores ?? []), ...context.stores];
  const options = { store: DEFAULT_STORE, ...from, ...config, ...given, stores };
  const configName = file === null ? null : basename(file);
  const warnings = check(options, (field) => (field in given ? sourceOf(field, flags) : configName), isLenient);
  for (const warning of warnings) context.stderr.write(`beatx: warning: ${printable(warning)}\n`);
  return {
    options,
    configName,
    storeSource: given.store !== undefined ? sourceOf("store", flags) : config.store !== undefined ? configName : null,
    namespace: options.namespace ?? "beatx",
    timezone: options.timezone ?? "UTC",
  };
}

/** The store in words, without passwords. */
export function describeStore({ store }: BeatOptions): string {
  return typeof store === "string" ? redactUri(store) : `${store.name} (an object in the configuration)`;
}

/** The publisher in words, without passwords. */
export function describePublisher({ publisher, handlers }: BeatOptions): string {
  if (typeof publisher === "string") return redactUri(publisher);
  if (typeof publisher === "object") return `${publisher.name} (an object in the configuration)`;
  return handlers ? `handlers of this process: ${Object.keys(handlers).join(", ")}` : "a function in the configuration";
}

/** YAML reads `store:` without a value as `null`, but core expects `undefined` for an omitted field. */
function refuseEmptyFields(config: BeatConfig, file: string | null): void {
  const empty = Object.entries(config).find(([, value]) => value === null)?.[0];
  if (empty === undefined || file === null) return;
  throw new ConfigError(`${basename(file)}: ${empty} is empty: give it a value, or remove it`, { field: empty });
}

/** Omits fields that are `undefined`, as `process.env.STORE` may be. */
function withoutUndefined(config: BeatConfig): BeatConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

function givenOptions(flags: Flags): BeatConfig {
  const fields = Object.keys(FLAG_NAMES) as OptionField[];
  return Object.fromEntries(fields.filter((field) => flags[field] !== undefined).map((field) => [field, flags[field]]));
}

type NameSource = (field: OptionField) => string | null;

/**
 * Creates a node, which checks its options before it opens anything. Returns the faults of entries if it `isLenient` to
 * them.
 */
function check(options: BeatOptions, sourceOfField: NameSource, isLenient: boolean): string[] {
  // Only `beatx start` needs a publisher, and checks for one itself.
  const isNode = options.publisher !== undefined || options.handlers !== undefined;
  const placeholder = isNode ? {} : { publisher: () => Promise.resolve() };
  try {
    createBeat({ ...options, ...placeholder, logger: silentLogger });
    return [];
  } catch (cause) {
    if (!ConfigError.isInstance(cause)) throw cause;
    const faults = (cause as ConfigError).faults ?? [cause as ConfigError];
    const messages = faults.map((fault) => nameSource(fault, sourceOfField));
    if (!isLenient || !faults.every(isOfEntry)) throw new ConfigError(messages.join("\n"), { cause });
    return messages.map((message) => `${message}; no node starts with this configuration`);
  }
}

/** Whether the fault lies in an entry of the schedule. A schedule of a wrong shape has no entries. */
function isOfEntry({ field = "" }: ConfigError): boolean {
  return /^schedule[.[]/.test(field);
}

/** The message of the fault behind the option, variable or file that has it. */
function nameSource({ field, message }: ConfigError, sourceOfField: NameSource): string {
  const source = sourceOfField((field?.split(/[.[]/)[0] ?? "") as OptionField);
  return source === null ? message : `${source}: ${message}`;
}
