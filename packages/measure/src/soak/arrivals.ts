import type { SoakEntry } from "./schedule.js";

/** One message as it stood in the queue. */
export interface Arrival {
  readonly id: string;
  readonly entry: string;
  /** Epoch ms. */
  readonly instant: number;
}

/** What was wrong with the messages: `entry@instant` each, or the id of a requested run. */
export interface Findings {
  readonly expected: number;
  readonly missed: readonly string[];
  readonly repeated: readonly string[];
}

/** Reads a message of Celery. */
export function readArrival(text: string): Arrival {
  const { headers } = JSON.parse(text) as { headers: Record<string, string> };
  return {
    id: headers["id"]!,
    entry: headers["beatx-entry"]!,
    instant: Date.parse(headers["beatx-scheduled-at"]!),
  };
}

/** Keeps what arrived and compares it with what the rules say. */
export class Arrivals {
  readonly #times = new Map<string, Set<number>>();
  readonly #ids = new Set<string>();
  readonly #repeated: string[] = [];
  #requestedIds = new Set<string>();
  #total = 0;
  #latest = 0;

  /** How many messages arrived. */
  get total(): number {
    return this.#total;
  }

  /** The latest instant of all, in epoch ms; 0: none. */
  get latest(): number {
    return this.#latest;
  }

  /** A requested run was asked for; it must arrive once. */
  request(id: string): void {
    this.#requestedIds.add(id);
  }

  add({ id, entry, instant }: Arrival): void {
    this.#total += 1;
    const name = `${entry}@${new Date(instant).toISOString()}`;
    if (this.#ids.has(id)) this.#repeated.push(name);
    this.#ids.add(id);
    this.#latest = Math.max(this.#latest, instant);
    const times = this.#times.get(entry) ?? new Set();
    this.#times.set(entry, times);
    // A requested run has an instant of its own, which may fall on one of the rule.
    if (times.has(instant) && !this.#requestedIds.has(id)) this.#repeated.push(name);
    times.add(instant);
  }

  /** Judges the entries, whose rules never changed, after `from` and up to `to` (epoch ms), and all requested runs. */
  judge(entries: ReadonlyMap<string, SoakEntry>, from: number, to: number): Findings {
    let expected = this.#requestedIds.size;
    const missed = [...this.#requestedIds].filter((id) => !this.#ids.has(id));
    for (const [name, { rule }] of entries) {
      for (let instant = rule.next(from); instant !== null && instant <= to; instant = rule.next(instant)) {
        expected += 1;
        if (!this.#times.get(name)?.has(instant)) missed.push(`${name}@${new Date(instant).toISOString()}`);
      }
    }
    return { expected, missed, repeated: [...new Set(this.#repeated)] };
  }
}
