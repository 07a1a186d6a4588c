import { isCount, readList } from "../items/checks.js";
import { shortHash } from "../items/keys.js";

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

export interface EncodedBucket {
  /** Its name in the manifest: a hash of the text, and the number of parts. */
  readonly reference: string;
  readonly parts: readonly string[];
}

/** UTF-16 units per item, of up to three bytes each. A server takes items of up to a megabyte. */
const PART_LENGTH = 262_144;

export function encodeBucket({ id, rows }: DefinitionBucket): EncodedBucket {
  const list = Array.from(rows, ([name, { definition, revision, createdBy }]) => [
    name,
    definition,
    revision,
    createdBy,
  ]);
  const text = JSON.stringify([id, list]);
  const parts = splitText(text);
  return { reference: `${shortHash(text)}.${parts.length}`, parts };
}

/** `null`: a part is missing, or the text does not match the reference. */
export function decodeBucket(reference: string, parts: readonly (string | undefined)[]): DefinitionBucket | null {
  const text = parts.join("");
  if (reference !== `${shortHash(text)}.${parts.length}`) return null;
  const [id, list] = readList(text) ?? [];
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

/** Whether this is a reference: 22 characters of a hash, and a number of parts that some bucket may have. */
export function isReference(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{22}\.[1-9]\d{0,3}$/.test(value);
}

/** Takes a reference apart. */
export function readReference(reference: string): { readonly hash: string; readonly parts: number } {
  const dot = reference.indexOf(".");
  return { hash: reference.slice(0, dot), parts: Number(reference.slice(dot + 1)) };
}

function splitText(text: string): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length;) {
    let end = Math.min(text.length, start + PART_LENGTH);
    // Never split a surrogate pair: UTF-8 would turn its halves into two replacement characters.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]!)) end -= 1;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}
