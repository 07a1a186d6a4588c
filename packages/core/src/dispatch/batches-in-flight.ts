/** The batches that were begun and have not ended, oldest first. */
export class BatchesInFlight {
  readonly #limit: number;
  readonly #batches: Promise<number>[] = [];

  /** `limit`: how many there may be at a time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  get hasRoom(): boolean {
    return this.#batches.length < this.#limit;
  }

  /** `batch` resolves to the number of cursors that it moved. */
  add(batch: Promise<number>): void {
    // It may fail while the batch before it is awaited; whoever awaits it learns of that.
    batch.catch(() => undefined);
    this.#batches.push(batch);
  }

  /** Waits for the oldest. Rejects as it does. */
  async next(): Promise<number> {
    return (await this.#batches.shift()) ?? 0;
  }

  /** Waits until all have ended. Never rejects. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#batches.splice(0));
  }
}
