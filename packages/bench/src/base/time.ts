/** Resolves after `ms`; at once if that is not above 0. */
export function sleep(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}

/** Epoch ms with fractions. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Measures wall time and CPU time of this process from its creation. */
export class Stopwatch {
  readonly #startedAt = performance.now();
  readonly #cpu = process.cpuUsage();

  /** Ms since the start. */
  get wallMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** CPU of this process since the start, all its threads, in µs. */
  get cpuUs(): number {
    const { user, system } = process.cpuUsage(this.#cpu);
    return user + system;
  }
}
