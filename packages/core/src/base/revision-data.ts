/**
 * What a publisher prepares once for each revision of an entry, kept with the `templateKey` of its messages: it lives as
 * long as the revision. A `WeakMap` does the same for a few thousand entries; with a million of them each look-up takes
 * several times as long, and the garbage collector visits the keys one by one.
 */
export class RevisionData<T> {
  readonly #place = Symbol("data of a publisher");

  /** What was kept; `undefined`: nothing. */
  get(templateKey: object): T | undefined {
    return (templateKey as Record<symbol, T | undefined>)[this.#place];
  }

  /** Keeps the value, and returns it. Nothing is kept with a frozen key. */
  keep(templateKey: object, value: T): T {
    if (Object.isExtensible(templateKey)) (templateKey as Record<symbol, T>)[this.#place] = value;
    return value;
  }
}
