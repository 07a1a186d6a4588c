/** A map that keeps recently used values and drops the rest. */
export interface RecentCache<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
}

/**
 * Keeps at most `capacity` values, and always the `capacity / 2` used last. There are two generations: when the younger one
 * is full, it becomes the older one, and the older one is dropped. This costs less than an order of use, or than a
 * `WeakMap`, whose keys the garbage collector visits one by one.
 */
export function createRecentCache<Key, Value>(capacity: number): RecentCache<Key, Value> {
  let young = new Map<Key, Value>();
  let old = new Map<Key, Value>();

  function set(key: Key, value: Value): void {
    if (young.size >= capacity / 2 && !young.has(key)) [old, young] = [young, new Map<Key, Value>()];
    young.set(key, value);
  }

  function get(key: Key): Value | undefined {
    const value = young.get(key);
    if (value !== undefined) return value;
    const older = old.get(key);
    if (older !== undefined) set(key, older);
    return older;
  }

  return { get, set };
}
