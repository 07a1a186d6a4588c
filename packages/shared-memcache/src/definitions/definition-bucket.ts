import { isCount, readList } from "../items/checks.js";
import { decodeText, encodeText } from "./reference.js";
import type { EncodedItem } from "./reference.js";

/** One stored definition. Its numbers count the changes of the manifest's life. */
export interface DefinitionRow {
  readonly definition: string;
  /** The change that last wrote it. */
  readonly revision: number;
  /** The change that created the entry. A cursor belongs to a name and this number, so it ends with its entry. */
  readonly createdBy: number;
}

export interface DefinitionBucket {
  /** Random, so that no two buckets share a key, even with the same rows. */
  readonly id: string;
  readonly rows: ReadonlyMap<string, DefinitionRow>;
}

export function encodeBucket({ id, rows }: DefinitionBucket): EncodedItem {
  const list = Array.from(rows, ([name, { definition, revision, createdBy }]) => [
    name,
    definition,
    revision,
    createdBy,
  ]);
  return encodeText(JSON.stringify([id, list]));
}

/** `null`: a part is missing, or the text does not match the reference. */
export function decodeBucket(reference: string, parts: readonly (string | undefined)[]): DefinitionBucket | null {
  const text = decodeText(reference, parts);
  const [id, list] = (text === null ? null : readList(text)) ?? [];
  if (typeof id !== "string" || !Array.isArray(list)) return null;
  const rows = new Map<string, DefinitionRow>();
  for (const row of list as readonly unknown[]) {
    const [name, definition, revision, createdBy] = Array.isArray(row) ? (row as readonly unknown[]) : [];
    if (typeof name !== "string" || typeof definition !== "string" || !isCount(revision) || !isCount(createdBy))
      return null;
    rows.set(name, { definition, revision, createdBy });
  }
  return { id, rows };
}
