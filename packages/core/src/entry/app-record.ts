/** The records of applications that share one schedule (R47), and which of two configurations is newer: pure functions. */

import { createHash } from "node:crypto";

import { isCount, isInstant } from "../base/number-range.js";
import type { StoredEntry } from "../contract/store.js";
import type { AppDefinition } from "./definition.js";
import type { Entry } from "./entry.js";
import { entryToJson } from "./read-entry.js";
import { readRecordText } from "./read-record.js";

/** A stored record, as far as this node knows it. */
export interface AppRecord {
  readonly revision: string;
  readonly isBroken: boolean;
  /** What the text says, or said before it was damaged; `null`: not known. */
  readonly definition: AppDefinition | null;
}

/** Never throws. `before`: what was known of the record; it stays known if the text cannot be read. */
export function readAppRecord({ revision, definition }: StoredEntry, before: AppRecord | undefined): AppRecord {
  const read = parse(definition ?? "");
  return { revision, isBroken: read === null, definition: read ?? before?.definition ?? null };
}

function parse(text: string): AppDefinition | null {
  const { configVersion = null, startedAt, fingerprint, publisher = null } = readRecordText("app", text) ?? {};
  const isVersion = configVersion === null || isCount(configVersion);
  const isPublisher = publisher === null || typeof publisher === "string";
  if (!isVersion || !isInstant(startedAt) || typeof fingerprint !== "string" || !isPublisher) return null;
  return { kind: "app", configVersion, startedAt, fingerprint, publisher };
}

/**
 * Whether the node's configuration is older than the recorded one, so that it writes nothing. The higher version is
 * newer, then the later start; if both are equal, the fingerprint decides, so that all nodes agree.
 */
export function isOlder(own: AppDefinition, recorded: AppDefinition | null): boolean {
  return recorded !== null && own.fingerprint !== recorded.fingerprint && compareAge(own, recorded) < 0;
}

/** What the record has to say once the node's entries are written; `null`: it says so already. `own`: not older. */
export function recordToWrite(own: AppDefinition, stored: AppRecord | undefined): AppDefinition | null {
  const recorded = stored?.definition ?? null;
  const isNewer = recorded === null || compareAge(own, recorded) > 0;
  if (isNewer) return { ...own, publisher: own.publisher ?? recorded?.publisher ?? null };
  return stored?.isBroken ? recorded : null;
}

/** Below 0: `a` is older. */
function compareAge(a: AppDefinition, b: AppDefinition): number {
  const byVersion = (a.configVersion ?? -1) - (b.configVersion ?? -1);
  const byStart = byVersion || a.startedAt - b.startedAt;
  return byStart || (a.fingerprint === b.fingerprint ? 0 : a.fingerprint < b.fingerprint ? -1 : 1);
}

const DIGEST_BYTES = 20;

/**
 * A text that is equal for equal configurations, in whatever order they have their entries. Yields after each entry, so
 * that the caller can pause.
 */
export function* fingerprinting(config: ReadonlyMap<string, Entry>): Generator<void, string> {
  const sum = new Uint8Array(DIGEST_BYTES);
  for (const [name, entry] of config) {
    const digest = createHash("sha1")
      .update(JSON.stringify([name, entryToJson(entry)]))
      .digest();
    for (let index = 0; index < DIGEST_BYTES; index++) sum[index]! ^= digest[index]!;
    yield;
  }
  return `${config.size}-${Buffer.from(sum).toString("hex")}`;
}
