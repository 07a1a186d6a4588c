import { describe, quoteName } from "../base/describe.js";
import { BeatxError } from "../base/errors.js";
import { isPlainObject, type JsonObject } from "../base/json.js";
import { isCount, isInstant, isWholeBetween, MAX_DURATION_MS } from "../base/number-range.js";
import { isPauseOrNone, type Pause } from "./pause.js";

/** Increases with every incompatible change of the text of definitions. */
export const FORMAT = 1;

/** A periodic task as it is stored. Configuration and clients write it, dispatch never does (R28). */
export interface EntryDefinition {
  readonly kind: "entry";
  /**
   * `config`: follows the leader's configuration. `api`: created through a client; the configuration does not touch it.
   */
  readonly source: "config" | "api";
  /** The application whose configuration has it. Omitted: one without a name, or the source is `api`. */
  readonly app?: string | undefined;
  /** Epoch ms of cluster time. No occurrence is due for an instant at or before it (R15). */
  readonly effectiveFrom: number;
  /** Epoch ms. Due instants up to it are skipped and counted: they passed during a pause. Omitted: none. */
  readonly skipUntil?: number | undefined;
  /** Set by `pause`. Survives changes of the configuration. */
  readonly paused: boolean;
  /**
   * What is known of the pause, or of the last one if the entry is not paused. It may have ended by itself: then the entry is not
   * paused, although `paused` is `true`. Omitted: nothing is known.
   */
  readonly pause?: Pause | undefined;
  /** `true`: a `config` entry that was edited through a client. The configuration does not touch it (R30). */
  readonly overridden: boolean;
  /**
   * What the configuration says of an overridden entry, in the form of `entry`: written by the first edit, kept current
   * by the leader.
   */
  readonly configured?: JsonObject | undefined;
  /**
   * Digest of a stored cursor that no longer counts, because the entry was reset. A node that finds this cursor starts at
   * `effectiveFrom` with new counts, and replaces it with the next move.
   */
  readonly ignoredCursor?: string | undefined;
  /** The result of `entryToJson`. */
  readonly entry: JsonObject;
}

/** Requested runs of an entry: one, or those of a backfill. Removed after the last was sent. */
export interface RunDefinition {
  readonly kind: "run";
  /** Name of the entry that runs. */
  readonly of: string;
  /** The id of the message; of a backfill, its own. */
  readonly id: string;
  /** Epoch ms. */
  readonly requestedAt: number;
  /** One run: due at the moment of the request. A backfill: due at the instants of the entry's rule, from `startAt` to `endAt`. */
  readonly entry: JsonObject;
  /** Omitted: one run. */
  readonly backfill?: BackfillDefinition | undefined;
}

/** Sends the occurrences of past instants again, one after the other (R50). */
export interface BackfillDefinition {
  /** From one sending to the next, in ms. */
  readonly everyMs: number;
  /** Number of occurrences. */
  readonly total: number;
  /** Instants that are left out, epoch ms, ascending. */
  readonly except: readonly number[];
}

/** The tombstone of a removed entry, kept for some days, so adding the name again repeats nothing (R31). */
export interface RemovedDefinition {
  readonly kind: "removed";
  /** Epoch ms. */
  readonly removedAt: number;
  /** The application whose configuration may still have the entry, because it was done. Omitted: none (R31). */
  readonly app?: string | undefined;
}

/** The record that all nodes of a namespace share. If it is missing, the store has lost its data (R33). */
export interface ClusterDefinition {
  readonly kind: "cluster";
  /** The highest version of a configuration without a name that was merged. `null`: no leader has given one (R30). */
  readonly configVersion: number | null;
  readonly lockTtlMs: number;
  /** The leader's delivery guarantee, for `status`. */
  readonly delivery: string;
}

/** What the nodes of one application know of its configuration (R47). */
export interface AppDefinition {
  readonly kind: "app";
  /** Of the newest configuration; `null`: it gives none. */
  readonly configVersion: number | null;
  /** Epoch ms of cluster time: when the newest node that has this configuration started. */
  readonly startedAt: number;
  /** The result of `fingerprinting`. */
  readonly fingerprint: string;
  /** The name of the publisher of its nodes; `null`: not known. */
  readonly publisher: string | null;
}

export type Definition = EntryDefinition | RunDefinition | RemovedDefinition;

/** The name of the cluster record. */
export const CLUSTER_RECORD = "@beatx/cluster";
/** The name of a requested run is this prefix and its id. */
export const RUN_PREFIX = "@beatx/run/";
/** The name of an application's record is this prefix and the application's name. */
export const APP_PREFIX = "@beatx/app/";

export function encodeDefinition(definition: Definition | ClusterDefinition | AppDefinition): string {
  return `{"format":${FORMAT},${JSON.stringify(definition).slice(1)}`;
}

/** @throws BeatxError `BAD_ENTRY` that says why the text cannot be read. */
export function decodeDefinition(name: string, text: string): Definition {
  const value = parseText(name, text);
  if (value["format"] !== FORMAT) {
    throw bad(
      name,
      `its format is ${describe(value["format"])}, but this version of beatx reads only ${FORMAT}: upgrade this node`,
    );
  }
  const { format: _format, ...definition } = value;
  switch (definition["kind"]) {
    case "entry":
    case "run":
    case "removed":
      checkFields(name, definition, CHECKS[definition["kind"]]);
      return definition as unknown as Definition;
    default:
      throw bad(name, `its kind is ${describe(definition["kind"])}, which this version of beatx does not know`);
  }
}

type Checks = readonly (readonly [field: string, isGood: (value: unknown) => boolean, expected: string])[];

const INSTANT = [isInstant, "whole epoch ms within 10^14 of 0"] as const;
const NAME = [(value: unknown) => typeof value === "string" && value !== "", "a text"] as const;
const FLAG = [(value: unknown) => typeof value === "boolean" || value === undefined, "true or false"] as const;
const ENTRY = [isPlainObject, "an object"] as const;
const APP = [(value: unknown) => value === undefined || NAME[0](value), NAME[1]] as const;
const isBackfill = (value: unknown): boolean =>
  isPlainObject(value) &&
  isWholeBetween(value["everyMs"], 1, MAX_DURATION_MS) &&
  isCount(value["total"]) &&
  Array.isArray(value["except"]) &&
  value["except"].every(isInstant);

const CHECKS: Readonly<Record<"entry" | "run" | "removed", Checks>> = {
  entry: [
    ["entry", ...ENTRY],
    ["effectiveFrom", ...INSTANT],
    ["skipUntil", (value) => value === undefined || isInstant(value), INSTANT[1]],
    ["source", (value) => value === "config" || value === "api", '"config" or "api"'],
    ["app", ...APP],
    ["paused", ...FLAG],
    ["pause", isPauseOrNone, "an object with note, by, at and until"],
    ["overridden", ...FLAG],
    ["configured", (value) => value === undefined || isPlainObject(value), "an object"],
  ],
  run: [
    ["entry", ...ENTRY],
    ["requestedAt", ...INSTANT],
    ["id", ...NAME],
    ["of", ...NAME],
    ["backfill", (value) => value === undefined || isBackfill(value), "a backfill with everyMs, total and except"],
  ],
  removed: [
    ["removedAt", ...INSTANT],
    ["app", ...APP],
  ],
};

function checkFields(name: string, definition: Record<string, unknown>, checks: Checks): void {
  for (const [field, isGood, expected] of checks) {
    const value = definition[field];
    if (!isGood(value)) throw bad(name, `its "${field}" is ${describe(value)}, not ${expected}`);
  }
}

function parseText(name: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isPlainObject(value)) return value;
  } catch (cause) {
    throw bad(name, "it is not JSON", cause);
  }
  throw bad(name, "it is not a JSON object");
}

function bad(name: string, why: string, cause?: unknown): BeatxError {
  const shown = quoteName(name);
  const byClient = `client.put(${shown}, …) writes it anew, client.remove(${shown}) removes it (beatx remove)`;
  const wayOut = `${byClient}; if it is in the configuration, restart the node that leads: a new leader writes it anew`;
  const message = `the stored definition of ${shown} cannot be read: ${why}. ${wayOut}`;
  return new BeatxError("BAD_ENTRY", message, { cause });
}
