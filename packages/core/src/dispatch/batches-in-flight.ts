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

  /**
   * Begins a batch, which resolves to the number of cursors that it moved. Resolves to whether the next one may begin beside
   * it: `true` as soon as it calls `onMayGoOn`, `false` if it ends before that.
   */
  begin(send: (onMayGoOn: () => void) => Promise<number>): Promise<boolean> {
    return new Promise((resolve) => {
      const batch = send(() => resolve(true));
      this.#batches.push(batch);
      // It may fail while the batch before it is awaited; whoever awaits it learns of that.
      const onEnd = (): void => resolve(false);
      batch.then(onEnd, onEnd);
    });
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
