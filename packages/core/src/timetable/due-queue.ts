/**
 * A priority queue of small integers (slots) by instant, and of those with the same instant by group: an indexed binary
 * heap on typed arrays. It takes 18 bytes per slot. Setting, moving and removing take O(log n) and allocate nothing.
 */
export class DueQueue {
  #at = new Float64Array(1024);
  /** By slot: its index in the heap + 1; 0: not queued. */
  #index = new Uint32Array(1024);
  #heap = new Uint32Array(1024);
  #group = new Uint16Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The earliest instant; `Infinity`: the queue is empty. */
  get earliest(): number {
    return this.#size === 0 ? Infinity : this.#at[this.#heap[0]!]!;
  }

  /** Sets the group of a slot that is not queued, 0 to 65535. Default: 0. */
  setGroup(slot: number, group: number): void {
    if (slot >= this.#at.length) this.#grow(slot);
    this.#group[slot] = group;
  }

  /** Adds the slot at `at`, or moves it there. */
  set(slot: number, at: number): void {
    if (slot >= this.#at.length) this.#grow(slot);
    let index = this.#index[slot]! - 1;
    if (index < 0) {
      index = this.#size++;
      this.#place(slot, index);
    }
    this.#at[slot] = at;
    this.#sink(this.#rise(index));
  }

  /** Removes the slot if it is queued. */
  remove(slot: number): void {
    const index = (this.#index[slot] ?? 0) - 1;
    if (index < 0) return;
    this.#index[slot] = 0;
    const last = this.#heap[--this.#size]!;
    if (index === this.#size) return;
    this.#place(last, index);
    this.#sink(this.#rise(index));
  }

  /** Removes and returns the earliest slot; `undefined`: the queue is empty. */
  pop(): number | undefined {
    if (this.#size === 0) return undefined;
    const slot = this.#heap[0]!;
    this.remove(slot);
    return slot;
  }

  /** Number of slots that are set at or before `at`, counted up to `most`: it walks through these alone. */
  countUntil(at: number, most: number): number {
    let count = 0;
    const indexes = [0];
    for (let index = indexes.pop(); index !== undefined && count < most; index = indexes.pop()) {
      if (index >= this.#size || this.#at[this.#heap[index]!]! > at) continue;
      count += 1;
      indexes.push(2 * index + 1, 2 * index + 2);
    }
    return count;
  }

  #rise(start: number): number {
    let index = start;
    const slot = this.#heap[index]!;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#heap[parent]!;
      if (!this.#isBefore(slot, above)) break;
      this.#place(above, index);
      index = parent;
    }
    this.#place(slot, index);
    return index;
  }

  #sink(start: number): void {
    let index = start;
    const slot = this.#heap[index]!;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#isBefore(this.#heap[child + 1]!, this.#heap[child]!)) child++;
      const below = this.#heap[child]!;
      if (!this.#isBefore(below, slot)) break;
      this.#place(below, index);
      index = child;
    }
    this.#place(slot, index);
  }

  #isBefore(slot: number, other: number): boolean {
    const at = this.#at[slot]!;
    const otherAt = this.#at[other]!;
    return at < otherAt || (at === otherAt && this.#group[slot]! < this.#group[other]!);
  }

  #place(slot: number, index: number): void {
    this.#heap[index] = slot;
    this.#index[slot] = index + 1;
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, this.#at.length * 2);
    const grown = {
      at: new Float64Array(length),
      index: new Uint32Array(length),
      heap: new Uint32Array(length),
      group: new Uint16Array(length),
    };
    grown.at.set(this.#at);
    grown.index.set(this.#index);
    grown.heap.set(this.#heap);
    grown.group.set(this.#group);
    this.#at = grown.at;
    this.#index = grown.index;
    this.#heap = grown.heap;
    this.#group = grown.group;
  }
}
