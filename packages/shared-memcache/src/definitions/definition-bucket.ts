import { shortHash } from "../items/keys.js";

/** One definition, as it is kept. The numbers are those of the changes of the manifest's life. */
export interface DefinitionRow {
  readonly definition: string;
  /** The change that last wrote it. */
  readonly revision: number;
  /** The change that created it. A cursor belongs to a name and this: it ends when the entry is removed. */
  readonly createdBy: number;
}

export interface DefinitionBucket {
  /** Random, so that two buckets never have one key even when they hold the same. */
  readonly id: string;
  readonly rows: ReadonlyMap<string, DefinitionRow>;
}

export interface EncodedBucket {
  /** What the manifest calls it: a hash of the text, and in how many parts it is kept. */
  readonly reference: string;
  readonly parts: readonly string[];
}

/** UTF-16 units per item. They take up to three bytes each, and a server takes a megabyte. */
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

/** `null`: a part is missing, or the text is not the one that was named. */
export function decodeBucket(reference: string, parts: readonly (string | undefined)[]): DefinitionBucket | null {
  const text = parts.join("");
  if (reference !== `${shortHash(text)}.${parts.length}`) return null;
  const [id, list] = JSON.parse(text) as [string, [string, string, number, number][]];
  const rows = list.map(
    ([name, definition, revision, createdBy]) => [name, { definition, revision, createdBy }] as const,
  );
  return { id, rows: new Map(rows) };
}

/** Hash and number of parts, out of what the manifest calls a bucket. */
export function readReference(reference: string): { readonly hash: string; readonly parts: number } {
  const dot = reference.indexOf(".");
  return { hash: reference.slice(0, dot), parts: Number(reference.slice(dot + 1)) };
}

function splitText(text: string): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length;) {
    let end = Math.min(text.length, start + PART_LENGTH);
    // Never between the halves of a character: they would become two unknown ones in UTF-8.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]!)) end -= 1;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}
