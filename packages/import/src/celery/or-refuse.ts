import { BeatxError } from "@beatx/core";

import type { RefusedEntry } from "../base/importer.js";

/** Reads one entry. If it cannot be kept, it is refused with the reason, and the others go on. */
export function orRefuse(name: string, refused: RefusedEntry[], read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!BeatxError.isInstance(error)) throw error;
    refused.push({ name, reason: error.message });
  }
}
