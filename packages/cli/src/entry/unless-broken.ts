import { BeatxError } from "@beatx/core";

/** For a command that works for a broken entry, too: there is nothing to show of it. */
export function unlessBroken(error: unknown): null {
  if (BeatxError.hasCode(error, "BAD_ENTRY")) return null;
  throw error;
}
