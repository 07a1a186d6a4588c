import { BeatxError } from "../base/errors.js";
import { isPlainObject, type JsonObject } from "../base/json.js";

/** Increases with every incompatible change of the text of definitions. */
const FORMAT = 1;

/** A periodic task as it is stored. Configuration and clients write it, dispatch never does (R28). */
export interface EntryDefinition {
  readonly kind: "entry";
  /**
   * `config`: follows the leader's configuration. `api`: created through a client; the configuration does not touch it.
   */
  readonly source: "config" | "api";
  /** Epoch ms of cluster time. No occurrence is due for an instant at or before it (R15). */
  readonly effectiveFrom: number;
  /** Set by `pause`. Survives changes of the configuration. */
  readonly paused: boolean;
  /** `true`: a `config` entry that was edited through a client. The configuration does not touch it (R30). */
  readonly overridden: boolean;
  /** The result of `entryToJson`. */
  readonly entry: JsonObject;
}

/** A requested run. Removed after it was sent. */
export interface RunDefinition {
  readonly kind: "run";
  /** Name of the entry that runs. */
  readonly of: string;
  /** The id of the message. */
  readonly id: string;
  /** Epoch ms. */
  readonly requestedAt: number;
  readonly entry: JsonObject;
}

/** The tombstone of a removed entry, kept for some days, so adding the name again repeats nothing (R31). */
export interface RemovedDefinition {
  readonly kind: "removed";
  /** Epoch ms. */
  readonly removedAt: number;
}

/** The record that all nodes of a namespace share. If it is missing, the store has lost its data (R33). */
export interface ClusterDefinition {
  readonly kind: "cluster";
  /** The highest configuration version that was merged. `null`: no leader has given one (R30). */
  readonly configVersion: number | null;
  readonly lockTtlMs: number;
  /** The leader's delivery guarantee, for `status`. */
  readonly delivery: string;
}

export type Definition = EntryDefinition | RunDefinition | RemovedDefinition | ClusterDefinition;

/** The name of the cluster record. */
export const CLUSTER_RECORD = "@beatx/cluster";
/** The name of a requested run is this prefix and its id. */
export const RUN_PREFIX = "@beatx/run/";

export function encodeDefinition(definition: Definition): string {
  return JSON.stringify({ format: FORMAT, ...definition });
}

/** @throws BeatxError `BAD_ENTRY` that says why the text cannot be read. */
export function decodeDefinition(name: string, text: string): Definition {
  const value = parseText(name, text);
  if (value["format"] !== FORMAT) {
    throw bad(
      name,
      `its format is ${JSON.stringify(value["format"])}, but this version of beatx reads only ${FORMAT}: upgrade this node`,
    );
  }
  const { format: _format, ...definition } = value;
  switch (definition["kind"]) {
    case "entry":
    case "run":
      if (!isPlainObject(definition["entry"])) throw bad(name, 'it has no "entry"');
      requireNumber(name, definition, definition["kind"] === "entry" ? "effectiveFrom" : "requestedAt");
      return definition as unknown as Definition;
    case "removed":
    case "cluster":
      return definition as unknown as Definition;
    default:
      throw bad(name, `its kind is ${JSON.stringify(definition["kind"])}, which this version of beatx does not know`);
  }
}

function requireNumber(name: string, definition: Record<string, unknown>, field: string): void {
  if (!Number.isFinite(definition[field])) throw bad(name, `its "${field}" is not a number`);
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
  return new BeatxError("BAD_ENTRY", `the stored definition of ${JSON.stringify(name)} cannot be read: ${why}`, {
    cause,
  });
}
