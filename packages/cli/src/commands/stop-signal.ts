import { constants } from "node:os";
import type { CommandContext, StopSignal } from "../output/command-context.js";

export interface StopRequest {
  /** Resolves with the first signal. */
  readonly signal: Promise<StopSignal>;
  /** Stops listening. */
  end(): void;
}

/** Waits for a signal. A second one ends the process at once with exit code 128 plus the signal's number. */
export function awaitStopSignal(context: CommandContext): StopRequest {
  let end = (): void => undefined;
  const signal = new Promise<StopSignal>((resolve) => {
    let isStopping = false;
    end = context.onSignal((received) => {
      if (isStopping) return context.exit(128 + constants.signals[received]);
      isStopping = true;
      resolve(received);
    });
  });
  return { signal, end: () => end() };
}
