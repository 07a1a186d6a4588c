/** What an importer is: it reads the schedule of another scheduler. */

import type { Clock, EntryInput } from "@beatx/core";

/** Reads one kind of schedule. */
export interface Importer {
  /** The word after `beatx import`. */
  readonly kind: string;
  /** One line for the list of kinds. */
  readonly summary: string;
  /** The sources that `read` takes: a file, a URI, … */
  readonly source: SourceArgument;
  readonly options: readonly ImporterOption[];
  /** What is kept and what is not, and examples: it follows the options in the help. */
  readonly help: string;
  /** A text that one of the options asks for, to be printed instead of an import; `null`: none does. Omitted: none can. */
  text?(options: ImporterOptions): Promise<string | null>;
  /**
   * Reads the sources. An importer that can keep the other scheduler from running takes its lock before it reads, so what it
   * answers is what that scheduler has done last.
   * @throws ConfigError that names the source, and the line if there is one, for what cannot be read at all
   */
  read(sources: readonly string[], options: ImporterOptions, context: ImportContext): Promise<ImportedSchedule>;
}

export interface SourceArgument {
  /** As in `FILE`, in lower case. */
  readonly name: string;
  readonly description: string;
  /** `"one"`, `"many"` (at least one), or `"optional"` (at most one). */
  readonly count: "one" | "many" | "optional";
}

export interface ImporterOption {
  /** As commander writes it: `--prefix <text>`, `--remove`. */
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** Omitted: `undefined`. */
  readonly default?: string | boolean;
  /** `true`: it may come several times, and its value is a list. */
  readonly repeatable?: boolean;
}

/** The values of an importer's options, by their names in camel case. */
export type ImporterOptions = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** The surroundings of an import. */
export interface ImportContext {
  /** The folder against which files are resolved. */
  readonly cwd: string;
  readonly clock: Clock;
  /** The zone that the user has named for rules without one; `undefined`: none is named. */
  readonly timezone: string | undefined;
  /** `true`: nothing is written in the end, so nothing of the other scheduler may be changed or locked. */
  readonly dryRun: boolean;
  /** Standard input, as text. */
  readonly readStdin: () => Promise<string>;
  /** Tells the user what a long import waits for, in one line. */
  readonly say: (line: string) => void;
}

export interface ImportedSchedule {
  readonly entries: readonly ImportedEntry[];
  /** What cannot be imported, each with its reason. */
  readonly refused: readonly RefusedEntry[];
  /** What concerns all of it, one line each: what the user has to provide, such as handlers. */
  readonly notes: readonly string[];
  /**
   * Called with the names, as they are in `entries`, of what has been written: the importer may take these away from the other
   * scheduler. Answers what it has done and what is left to do, one line each. Omitted: nothing is to be done.
   */
  afterWrite?(written: ReadonlySet<string>): Promise<readonly string[]>;
  /** The other scheduler is kept from running until `release`. Omitted: it is not. */
  readonly hold?: Hold;
  /** Closes what was opened. Called once, at the end, also after a failure; it comes after `release`. */
  close?(): Promise<void>;
}

/** The lock of another scheduler. */
export interface Hold {
  /** What is held, and what the user has to do before it is let go, in one sentence. */
  readonly description: string;
  /** Rejects if the lock is lost; it never resolves. */
  readonly lost: Promise<never>;
  release(): Promise<void>;
}

export interface ImportedEntry {
  /** Unique among the entries. */
  readonly name: string;
  readonly entry: EntryInput;
  /** `true`: it is paused or suspended in the other scheduler. Default `false`. */
  readonly paused?: boolean;
  /** Epoch ms: the occurrences up to it have run, and are not run again. `null`: not known, nothing is owed. */
  readonly lastRunAt: number | null;
  /** What could not be kept, or means something else, one line each. */
  readonly notes: readonly string[];
}

export interface RefusedEntry {
  /** What the source calls it, with its place: `crontab:12`. */
  readonly name: string;
  readonly reason: string;
}
