import { machineNow } from "./machine-time.js";

/** How often the meter's timer should fire, in ms. */
const TICK_MS = 10;
/** What a timer may be late on an idle machine, in ms. */
const ORDINARY_MS = 5;
/** For how long stalls are remembered, in ms. */
const MEMORY_MS = 120_000;

interface Stall {
  readonly at: number;
  readonly ms: number;
}

/** Measures for how long this process did not get to run: by how much a timer is late that should fire every 10 ms. */
export class StallMeter {
  #stalls: Stall[] = [];
  #last = machineNow();
  readonly #timer = setInterval(() => this.note(machineNow()), TICK_MS);

  /** A firing of the timer. Public for tests. */
  note(now: number): void {
    const ms = now - this.#last - TICK_MS;
    this.#last = now;
    if (ms <= ORDINARY_MS) return;
    this.#stalls = this.#stalls.filter(({ at }) => at > now - MEMORY_MS);
    this.#stalls.push({ at: now, ms });
  }

  /** All stalls since `since` (machine ms), in ms. The one that goes on now counts. */
  since(since: number): number {
    this.note(machineNow());
    return this.#stalls.filter(({ at }) => at >= since).reduce((sum, { ms }) => sum + ms, 0);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
