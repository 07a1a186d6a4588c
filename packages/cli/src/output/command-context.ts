import type { Clock } from "@beatx/core";

/** What a command needs of the process around it; tests hand in their own. */
export interface CommandContext {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  /** Where a configuration file is looked for. */
  readonly cwd: string;
  readonly clock: Clock;
  /** The environment, of which terminals and users say what they can show. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls `listener` at each SIGTERM and SIGINT, until the answered function is called. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
  /** Ends the process without waiting for anything. */
  exit(code: number): void;
}

export interface TextOutput {
  write(text: string): unknown;
  /** Whether it is a terminal, and how wide; left out where it is none. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type StopSignal = "SIGTERM" | "SIGINT";
