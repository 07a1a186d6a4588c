import { constants } from "node:os";
import type { CommandContext, StopSignal } from "../output/command-context.js";

export interface StopRequest {
  /** Resolves with the first signal. */
  readonly signal: Promise<StopSignal>;
  /** Listens no longer. */
  end(): void;
}

/** Waits for the first signal; a second one ends the process at once, with 128 plus its number. */
export function awaitStopSignal(context: CommandContext): StopRequest {
  let end = (): void => undefined;
  const signal = new Promise<StopSignal>((resolve) => {
    let isAsked = false;
    end = context.onSignal((received) => {
      if (isAsked) return context.exit(128 + constants.signals[received]);
      isAsked = true;
      resolve(received);
    });
  });
  return { signal, end: () => end() };
}
