import type { Clock } from "@beatx/core";
import type { Lease } from "@beatx/core/adapter";
import { isHeldUnder, longestExchangeMs } from "./lock-record.js";
import type { HeldRecord, LockRecord } from "./lock-record.js";

/** The last readable record of the lock, for its holder to write it again if the item is damaged. */
export class LastHeld {
  readonly #clock: Clock;
  #record: HeldRecord | null = null;
  #sinceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Call it with every record that was received, or whose write was confirmed; `null`: there is none. */
  observe(record: LockRecord | null): void {
    if (record?.state !== "held") {
      this.#record = null;
      return;
    }
    const isSame = this.#record?.token === record.token && this.#record.writes === record.writes;
    this.#record = record;
    if (!isSame) this.#sinceMs = this.#clock.monotonicMs();
  }

  /**
   * The record of this lease, if no other node can have taken the lock since it was confirmed: others wait for longer than
   * a lifetime, and this is half of one.
   */
  recordOf(lease: Lease): HeldRecord | null {
    const record = this.#record;
    if (!record || !isHeldUnder(record, lease)) return null;
    return this.#clock.monotonicMs() - this.#sinceMs <= longestExchangeMs(record.ttlMs) ? record : null;
  }

  /** The lifetime of the last lease seen, in ms; 0: none was. */
  get ttlMs(): number {
    return this.#record?.ttlMs ?? 0;
  }
}
