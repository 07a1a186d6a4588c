/** Something that happens at a moment of the virtual time. */
export interface Happening {
  /** Ms since the beginning. */
  readonly at: number;
  isCancelled: boolean;
}

interface Planned extends Happening {
  readonly order: number;
  readonly callback: () => void;
}

/** So many happenings run before the real event loop turns, so that signals and messages get through. */
const TURN_EVERY = 2_000;

/**
 * The virtual time of one run. It jumps from one happening to the next; between two of them all promises settle. Equal
 * moments keep the order in which they were planned, so a run depends on nothing but what is planned.
 */
export class Timeline {
  /** Ms since the beginning. */
  nowMs = 0;
  /** Happenings so far. */
  count = 0;
  #order = 0;
  /** A binary heap by moment and order. */
  readonly #heap: Planned[] = [];
  #failure: Error | null = null;

  /** Plans `callback` in `delayMs`. */
  after(delayMs: number, callback: () => void): Happening {
    return this.at(this.nowMs + delayMs, callback);
  }

  /** Plans `callback` for a moment, in ms since the beginning; for now if that is past. */
  at(moment: number, callback: () => void): Happening {
    const planned = { at: Math.max(this.nowMs, moment), order: this.#order++, callback, isCancelled: false };
    this.#push(planned);
    return planned;
  }

  /** Ends the run: `runUntil` rejects with this error before anything else happens. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  /** Lets time pass until `endMs` since the beginning. Rejects with what a happening throws, or with `fail`. */
  runUntil(endMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        if (this.#failure !== null) return reject(this.#failure);
        const next = this.#next(endMs);
        if (!next) {
          this.nowMs = Math.max(this.nowMs, endMs);
          return resolve();
        }
        this.nowMs = next.at;
        try {
          next.callback();
        } catch (error) {
          return reject(error instanceof Error ? error : new Error(String(error)));
        }
        whenSettled(++this.count % TURN_EVERY === 0, step);
      };
      whenSettled(false, step);
    });
  }

  #next(endMs: number): Planned | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (!first || first.at > endMs) return undefined;
      this.#shift();
      if (!first.isCancelled) return first;
    }
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(planned);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(planned, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = planned;
  }

  #shift(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    const length = heap.length;
    if (length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(one: Planned, other: Planned): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

const turnOfTheEventLoop = setImmediate;

/** Node runs its queue of ticks only when no promise callback is left: cheaper than a turn of the event loop. */
function whenSettled(withTurn: boolean, callback: () => void): void {
  if (withTurn) turnOfTheEventLoop(callback);
  else queueMicrotask(() => process.nextTick(callback));
}
