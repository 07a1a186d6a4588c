/** Which of the imported entries are taken, and what they are called here. */

import { ConfigError } from "@beatx/core";
import type { ImportedEntry, ImportedSchedule } from "@beatx/import";
import type { Command } from "commander";
import { collect } from "../entry/entry-flags.js";

export interface SelectionFlags {
  readonly only?: readonly string[];
  readonly rename?: readonly string[];
  readonly prefix?: string;
  readonly tag?: readonly string[];
}

/** An imported entry and its name in beatx. */
export interface SelectedEntry {
  /** As the importer calls it. */
  readonly imported: ImportedEntry;
  readonly name: string;
  readonly entry: ImportedEntry["entry"];
}

export function addSelectionFlags(command: Command): Command {
  return command
    .option("--only <pattern>", "only entries of this name; * stands for any text; repeatable", collect)
    .option("--rename <from=to>", "import an entry under another name; repeatable", collect)
    .option("--prefix <text>", "put this text in front of all names")
    .option("--tag <tag>", "give all entries this tag; repeatable", collect);
}

/** @throws ConfigError for a pattern or name that fits no entry, or names that meet */
export function selectEntries({ entries }: ImportedSchedule, flags: SelectionFlags): SelectedEntry[] {
  const patterns = (flags.only ?? []).map((pattern) => ({ pattern, fits: fitting(pattern) }));
  for (const { pattern, fits } of patterns) {
    if (!entries.some(({ name }) => fits(name))) throw noFit("--only", pattern, entries);
  }
  const renamed = readRenames(flags.rename ?? [], entries);
  const taken = new Set<string>();
  return entries
    .filter(({ name }) => patterns.length === 0 || patterns.some(({ fits }) => fits(name)))
    .map((imported) => {
      const name = `${flags.prefix ?? ""}${renamed.get(imported.name) ?? imported.name}`;
      if (taken.has(name)) throw twice(name);
      taken.add(name);
      const tags = [...new Set([...(imported.entry.tags ?? []), ...(flags.tag ?? [])])];
      return { imported, name, entry: tags.length === 0 ? imported.entry : { ...imported.entry, tags } };
    });
}

function fitting(pattern: string): (name: string) => boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  const expression = new RegExp(`^${parts.join(".*")}$`, "su");
  return (name) => expression.test(name);
}

function readRenames(given: readonly string[], entries: readonly ImportedEntry[]): ReadonlyMap<string, string> {
  return new Map(
    given.map((text) => {
      // Either name may have a "=": the longest one that exists counts.
      const name = entries
        .map((each) => each.name)
        .filter((each) => text.startsWith(`${each}=`))
        .reduce((longest, each) => (each.length > longest.length ? each : longest), "");
      const to = text.slice(name.length + 1);
      if (name === "") throw noFit("--rename", text.split("=")[0]!, entries);
      if (to === "") throw new ConfigError(`--rename ${JSON.stringify(text)} has no new name: write FROM=TO`);
      return [name, to] as const;
    }),
  );
}

function noFit(flag: string, text: string, entries: readonly ImportedEntry[]): ConfigError {
  const names = entries.slice(0, 10).map(({ name }) => name);
  const more = entries.length > names.length ? ", …" : "";
  const known = names.length === 0 ? "there are no entries" : `the entries are ${names.join(", ")}${more}`;
  return new ConfigError(`${flag} ${JSON.stringify(text)} fits no entry: ${known}`, { field: flag });
}

function twice(name: string): ConfigError {
  return new ConfigError(`two entries would be called ${JSON.stringify(name)}: rename one (--rename ${name}=OTHER)`, {
    field: "--rename",
  });
}
