import { readCursor } from "../entry/cursor.js";
import type { LiveEntry } from "./live-entry.js";

/** Sets the entry's cursor to the stored text. @throws BeatxError `BAD_ENTRY` if it cannot be read. */
export function setCursor(entry: LiveEntry, text: string | null): void {
  if (entry.cursorText === text) return;
  if (text === null) {
    // Keeps the cursor in memory: a leader writes a lost one back, it does not start again (R33).
    entry.cursorText = null;
    return;
  }
  entry.cursor = readCursor(entry.name, text, entry.definition);
  entry.cursorText = text;
  entry.unsentClaim = null;
}
