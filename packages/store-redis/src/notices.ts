/** The oldest lines are dropped if a client never takes them. */
const MAX_LINES = 100;

/** Damage that was found, and what became of it, in lines for the log. */
export class Notices {
  #lines: string[] = [];
  #lastingDamage: string | null = null;

  add(lines: readonly string[]): void {
    this.#lines = [...this.#lines, ...lines].slice(-MAX_LINES);
  }

  /** Adds the line unless it is the damage of the last call. `null`: there is none now, so a later one is new. */
  observeLasting(line: string | null): void {
    if (line !== null && line !== this.#lastingDamage) this.add([line]);
    this.#lastingDamage = line;
  }

  /** The lines since the last call. */
  take(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}
