import { describe, shorten } from "../base/describe.js";
import { BeatxError } from "../base/errors.js";
import { isPlainObject } from "../base/json.js";
import { isCount } from "../base/number-range.js";
import type { StoredEntry } from "../contract/store.js";
import { CLUSTER_RECORD, type ClusterDefinition, FORMAT } from "./definition.js";

/** The record that all nodes of a namespace share (R37), as far as this node knows it. */
export interface ClusterRecord {
  /** Of the stored text; `null`: there is none. */
  readonly revision: string | null;
  /** The highest version known of a configuration without a name. A record that is lost or broken does not make it unknown (R30). */
  readonly configVersion: number | null;
  /** `null`: not known. */
  readonly lockTtlMs: number | null;
  /** `null`: not known. */
  readonly delivery: string | null;
  /** Why the stored text is not what the leader should have written, with the way out. */
  readonly error: BeatxError | null;
  /** A newer version of beatx wrote the text: this node must not lead (R38). */
  readonly isNewer: boolean;
}

export const NO_CLUSTER_RECORD: ClusterRecord = {
  revision: null,
  configVersion: null,
  lockTtlMs: null,
  delivery: null,
  error: null,
  isNewer: false,
};

/** Never throws: of a broken text it takes the fields that can be read, and the version known `before`. */
export function readClusterRecord({ revision, definition: text }: StoredEntry, before: ClusterRecord): ClusterRecord {
  if (text === null) return withoutText(before);
  const value = parse(text);
  const format = value["format"];
  if (Number.isInteger(format) && (format as number) > FORMAT) {
    return { ...withoutText(before), revision, error: newer(format as number), isNewer: true };
  }
  const wrong = Object.entries(EXPECTED).find(([field, isGood]) => !isGood(value[field]));
  const { configVersion, lockTtlMs, delivery } = value;
  return {
    revision,
    configVersion: isVersion(configVersion) && wrong?.[0] !== "kind" ? configVersion : before.configVersion,
    lockTtlMs: isCount(lockTtlMs) ? lockTtlMs : null,
    delivery: typeof delivery === "string" ? delivery : null,
    error: wrong ? broken(text, `its "${wrong[0]}" is ${describe(value[wrong[0]])}`) : null,
    isNewer: false,
  };
}

/** The record after its stored text is gone. */
export function withoutText(record: ClusterRecord): ClusterRecord {
  return { ...record, revision: null, error: null, isNewer: false };
}

/** Whether the store holds exactly this definition. */
export function isStoredAs({ revision, error, ...known }: ClusterRecord, wanted: ClusterDefinition): boolean {
  if (revision === null || error !== null) return false;
  const fields = ["configVersion", "lockTtlMs", "delivery"] as const;
  return fields.every((field) => known[field] === wanted[field]);
}

const isVersion = (value: unknown): value is number | null => value === null || isCount(value);

const EXPECTED: Readonly<Record<string, (value: unknown) => boolean>> = {
  format: (value) => value === FORMAT,
  kind: (value) => value === "cluster",
  configVersion: isVersion,
  lockTtlMs: isCount,
  delivery: (value) => typeof value === "string",
};

/** An empty object for a text that is no JSON object. */
function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? value : {};
  } catch {
    return {};
  }
}

function newer(format: number): BeatxError {
  return new BeatxError(
    "BAD_ENTRY",
    `the cluster record has format ${format}, and this version of beatx reads only format ${FORMAT}: upgrade this node. ` +
      "Until then it stands by and leaves the schedule to newer nodes",
  );
}

function broken(text: string, why: string): BeatxError {
  return new BeatxError(
    "BAD_ENTRY",
    `the cluster record (${CLUSTER_RECORD}) is broken: ${why}. The leader writes it anew. It was ${shorten(text, 100)}`,
  );
}
