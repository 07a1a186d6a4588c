/** Cuts a list into batches of at most `maxCount` items and `maxSize` in all. A larger item is a batch of its own. */
export function* batches<T>(
  items: readonly T[],
  maxCount: number,
  maxSize: number,
  sizeOf: (item: T) => number,
): Generator<readonly T[]> {
  let start = 0;
  let size = 0;
  for (let at = 0; at < items.length; at += 1) {
    const next = sizeOf(items[at]!);
    if (at > start && (at - start === maxCount || size + next > maxSize)) {
      yield items.slice(start, at);
      start = at;
      size = 0;
    }
    size += next;
  }
  if (start < items.length) yield items.slice(start);
}
