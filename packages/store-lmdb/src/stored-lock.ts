import type { Environment } from "./environment.js";
import { type LockRow, readLockRow } from "./lock.js";
import type { MachineClock } from "./machine-clock.js";
import type { RowReader } from "./rows.js";

/** The stored lock of a namespace, and since when a lease in it may be lost. */
export class StoredLock {
  readonly #key: Buffer;
  readonly #environment: Environment;
  readonly #machine: MachineClock;
  /** When the row was first found damaged, by the machine's clock; `undefined`: it is not. */
  #damagedAtMs: number | undefined;

  constructor(key: Buffer, environment: Environment, machine: MachineClock) {
    this.#key = key;
    this.#environment = environment;
    this.#machine = machine;
  }

  /** A damaged lock is treated as absent; it may hide a lease that is still trusted. */
  read(rows: RowReader): LockRow | undefined {
    const row = readLockRow(rows.get(this.#key));
    const isDamaged = row === "damaged";
    this.#damagedAtMs = isDamaged ? (this.#damagedAtMs ?? this.#machine.nowMs()) : undefined;
    return isDamaged ? undefined : row;
  }

  /** The time since the lock was lost or found damaged, in whole ms; `Infinity`: never. */
  get sinceLossMs(): number {
    const sinceDamageMs = this.#damagedAtMs === undefined ? Infinity : this.#machine.nowMs() - this.#damagedAtMs;
    return Math.min(this.#environment.sinceLossMs, sinceDamageMs);
  }
}
