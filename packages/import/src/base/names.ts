/** Names for what has none. */

const LONGEST = 100;

/** A name made of the words of a text: letters, digits, dots and dashes. `fallback`: if it has none of them. */
export function nameFrom(text: string, fallback: string): string {
  const words = text.normalize("NFKC").match(/[\p{L}\p{N}._]+/gu) ?? [];
  const name = words
    .join("-")
    .replace(/^[._-]+|[._-]+$/g, "")
    .slice(0, LONGEST);
  return name === "" ? fallback : name;
}

/** Gives out each name once: the second `backup` is `backup-2`. */
export class UniqueNames {
  readonly #given = new Set<string>();

  take(name: string): string {
    let unique = name;
    for (let number = 2; this.#given.has(unique); number++) unique = `${name}-${number}`;
    this.#given.add(unique);
    return unique;
  }
}
