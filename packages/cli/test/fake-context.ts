import { type Clock, systemClock } from "@beatx/core";
import type { StoreProvider } from "@beatx/core/adapter";
import { storeProvider as lmdb } from "@beatx/store-lmdb";
import type { CommandContext, StopSignal } from "../src/output/command-context.js";

/** The process around a command, as a test sees and signals it. */
export interface FakeContext extends CommandContext {
  /** The output so far. */
  readonly printed: { readonly stdout: string; readonly stderr: string };
  /** Exit codes with which the command has ended the process. */
  readonly exits: readonly number[];
  readonly listeners: number;
  signal(signal: StopSignal): void;
  /** Resolves when stdout contains the text. */
  until(text: string): Promise<void>;
}

export interface FakeTerminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** The user's answer to every question. Default: there is no terminal, so `false`. */
  readonly answer?: boolean;
  /** Standard input. Default: empty. */
  readonly stdin?: string;
  /** The stores that are installed; the default is the one of folders. */
  readonly stores?: readonly StoreProvider[];
}

export function fakeContext(
  cwd: string,
  { env = {}, clock = systemClock, stores = [lmdb], answer = false, stdin = "", ...terminal }: FakeTerminal = {},
): FakeContext {
  const printed = { stdout: "", stderr: "" };
  const exits: number[] = [];
  const listeners = new Set<(signal: StopSignal) => void>();
  const waiting = new Set<() => void>();
  return {
    printed,
    exits,
    get listeners() {
      return listeners.size;
    },
    cwd,
    clock,
    stores,
    env,
    stdout: {
      ...terminal,
      write(text) {
        printed.stdout += text;
        for (const look of waiting) look();
      },
    },
    stderr: { write: (text) => void (printed.stderr += text) },
    confirm: () => Promise.resolve(answer),
    readStdin: () => Promise.resolve(stdin),
    onSignal(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    exit: (code) => void exits.push(code),
    signal: (signal) => listeners.forEach((listener) => listener(signal)),
    until: (text) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!printed.stdout.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
