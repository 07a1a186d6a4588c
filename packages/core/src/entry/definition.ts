import { BeatxError } from "../base/errors.js";
import { isPlainObject, type JsonObject } from "../base/json.js";

/** Raised when the text of definitions changes incompatibly. */
const FORMAT = 1;

/** A periodic task, as it is stored. Written by configuration and API, never by dispatch (R28). */
export interface EntryDefinition {
  readonly kind: "entry";
  /** `config`: follows the configuration of the leader. `api`: made through a client, left alone by the configuration. */
  readonly source: "config" | "api";
  /** Nothing is owed for instants up to this one, epoch ms of cluster time (R15). */
  readonly effectiveFrom: number;
  /** Set by `pause`; survives changes of the configuration. */
  readonly paused: boolean;
  /** A config entry that was edited through a client: the configuration leaves it alone (R30). */
  readonly overridden: boolean;
  /** As `entryToJson` gives it. */
  readonly entry: JsonObject;
}

/** One occurrence asked for by hand; removed once it was sent. */
export interface RunDefinition {
  readonly kind: "run";
  /** The entry it is a run of. */
  readonly of: string;
  /** Message id. */
  readonly id: string;
  readonly requestedAt: number;
  readonly entry: JsonObject;
}

/** What is left of an entry for some days, so that adding the name again repeats nothing (R31). */
export interface RemovedDefinition {
  readonly kind: "removed";
  readonly removedAt: number;
}

/** What the nodes of one namespace have in common. Its absence shows that the store has lost its memory (R33). */
export interface ClusterDefinition {
  readonly kind: "cluster";
  /** Drawn when the record is made: another one means another life of the data. */
  readonly epoch: string;
  readonly createdAt: number;
  /** The highest configuration version that was merged; `null`: the leaders give none (R30). */
  readonly configVersion: number | null;
  readonly lockTtlMs: number;
  /** What the leader promises of its deliveries, for `status`. */
  readonly delivery: string;
}

export type Definition = EntryDefinition | RunDefinition | RemovedDefinition | ClusterDefinition;

/** The name under which the cluster record is kept. */
export const CLUSTER_RECORD = "@beatx/cluster";
/** A run asked for by hand is kept under this and its id. */
export const RUN_PREFIX = "@beatx/run/";

export function encodeDefinition(definition: Definition): string {
  return JSON.stringify({ format: FORMAT, ...definition });
}

/** @throws BeatxError `BAD_ENTRY` that says what cannot be read. */
export function decodeDefinition(name: string, text: string): Definition {
  const value = parseText(name, text);
  if (value["format"] !== FORMAT) {
    throw bad(
      name,
      `its format is ${JSON.stringify(value["format"])}, this version of beatx reads ${FORMAT}: upgrade this node`,
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
  if (!Number.isFinite(definition[field])) throw bad(name, `its "${field}" is no number`);
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
