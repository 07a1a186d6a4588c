import type { Clock } from "@beatx/core";
import type { StoreProvider } from "@beatx/core/adapter";

/** The parts of the process that a command uses; tests pass their own. */
export interface CommandContext {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  /** The folder that is searched for a configuration file. */
  readonly cwd: string;
  readonly clock: Clock;
  /** Stores that need not be installed. The published command has none: a store is found as a package, by its scheme. */
  readonly stores: readonly StoreProvider[];
  /** Environment variables: `NO_COLOR` and `TERM` decide how a timeline is drawn. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks the user, who may say no; `false` without asking if there is no terminal. */
  confirm(question: string): Promise<boolean>;
  /** All of standard input, as text. */
  readStdin(): Promise<string>;
  /** Calls `listener` on each SIGTERM, SIGINT and SIGHUP until the returned function is called. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

export interface TextOutput {
  write(text: string): unknown;
  /** Whether this is a terminal, and its width; omitted for files and pipes. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type StopSignal = "SIGTERM" | "SIGINT" | "SIGHUP";
