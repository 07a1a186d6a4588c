import type { Edit } from "../node/messages.js";
import { inputOf, type SoakEntry } from "./schedule.js";

/** How many entries of the configuration are edited. An edited definition is longer, so all of them are edited soon. */
const EDITED = 50;

/**
 * Draws what a client does next. Entries of the configuration only change their arguments and are run out of turn, so
 * every occurrence of them stays owed; those of the client are paused, resumed, removed and put back.
 */
export class EditDraw {
  readonly #random: () => number;
  readonly #configured: readonly [string, SoakEntry][];
  readonly #own: readonly [string, SoakEntry][];
  readonly #paused = new Set<string>();
  readonly #removed = new Set<string>();
  #count = 0;

  constructor(random: () => number, configured: ReadonlyMap<string, SoakEntry>, own: ReadonlyMap<string, SoakEntry>) {
    this.#random = random;
    this.#configured = [...configured].slice(0, EDITED);
    this.#own = [...own];
  }

  next(): Edit {
    const draw = this.#random();
    if (draw < 0.15) return { kind: "run", name: this.#pick(this.#configured)[0] };
    if (draw < 0.6) {
      const [name, { rule }] = this.#pick(this.#configured);
      return { kind: "put", name, input: inputOf(rule, ++this.#count) };
    }
    return this.#churn(...this.#pick(this.#own), draw < 0.8);
  }

  #churn(name: string, { input }: SoakEntry, pauses: boolean): Edit {
    if (this.#removed.delete(name)) return { kind: "put", name, input };
    if (!pauses) {
      this.#removed.add(name);
      this.#paused.delete(name);
      return { kind: "remove", name };
    }
    if (this.#paused.delete(name)) return { kind: "resume", name };
    this.#paused.add(name);
    return { kind: "pause", name };
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}
