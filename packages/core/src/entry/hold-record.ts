import { isInstant } from "../base/number-range.js";
import { FORMAT } from "./definition.js";
import { readRecordText } from "./read-record.js";

/** While this record is stored, no node leads (R55). */
export const HOLD_RECORD = "@beatx/hold";

/** Who keeps all nodes from sending, and why. */
export interface Hold {
  /** Epoch ms of cluster time. */
  readonly at: number;
  /** `null`: not known. */
  readonly by: string | null;
  /** `"export"`: the schedule moves away, and the hold stays. `"import"`: one is being written. */
  readonly for: "export" | "import";
}

/** The stored record, as far as this process knows it. */
export interface StoredHold {
  /** Of the stored text; `null`: there is none. */
  readonly revision: string | null;
  /** `null`: none, or its text cannot be read. That holds all the same: nobody knows what it was for. */
  readonly hold: Hold | null;
  /** `null`: there is none. Without a revision: it was lost with all other data of the store, and is written back (R33). */
  readonly text: string | null;
}

export const NO_HOLD: StoredHold = { revision: null, hold: null, text: null };

export function encodeHold(hold: Hold): string {
  return JSON.stringify({ format: FORMAT, kind: "hold", ...hold });
}

/** `null` for a text that is no hold of this format. */
export function readHold(text: string): Hold | null {
  const { at, by = null, for: purpose } = readRecordText("hold", text) ?? {};
  if (!isInstant(at) || (by !== null && typeof by !== "string")) return null;
  return purpose === "export" || purpose === "import" ? { at, by, for: purpose } : null;
}

/** Since when nothing is sent, why, and the way out. */
export function explainHold({ hold }: StoredHold): string {
  const since = hold === null ? "" : ` since ${new Date(hold.at).toISOString()}`;
  const who = hold?.by == null ? "" : ` by ${hold.by}`;
  if (hold?.for === "import") {
    return (
      `the schedule is held${since}${who} for an import, so no node leads and nothing is sent. An import that goes on ends the ` +
      "hold itself; one that has failed is repeated, or given up with client.release() (beatx release): then the entries " +
      "that it has written run, without those that it has not"
    );
  }
  return (
    `the schedule is held${since}${who} for an export, so no node leads and nothing is sent: it runs elsewhere now. To let it ` +
    "run here instead, call client.release() (beatx release)"
  );
}
