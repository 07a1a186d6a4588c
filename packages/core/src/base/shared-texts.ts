/** At most so many texts are remembered. */
const MOST = 10_000;

/** Gives equal texts one place in memory. */
export class SharedTexts {
  readonly #known = new Map<string, string>();

  /** An equal text, which keeps nothing else in memory: V8 may make a part of a longer text a view of the whole one. */
  share(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const copy = JSON.parse(JSON.stringify(text)) as string;
    if (this.#known.size === MOST) this.#known.clear();
    this.#known.set(copy, copy);
    return copy;
  }
}
