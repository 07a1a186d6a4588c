import { StoreError } from "@beatx/core/adapter";

/** The methods of a store that can fail or be delayed. */
export type DummyMethod =
  | "getRevision"
  | "getSchedule"
  | "getEntries"
  | "listEntries"
  | "getHistory"
  | "setSchedule"
  | "advance"
  | "acquireLock"
  | "renewLock"
  | "releaseLock"
  | "readLock"
  | "getTime"
  | "reachesOutbox"
  | "watch";

export interface DummyFailure {
  /**
   * `false`: the request is lost, so nothing happens. `true`: the call is carried out, but its reply is lost. Default
   * `false`.
   */
  readonly after?: boolean;
  /** The call rejects with this error. Default: a `StoreError`. */
  readonly error?: Error;
}

/** The pending faults of one store. */
export class DummyFaults {
  readonly #failures = new Map<DummyMethod, Required<DummyFailure>[]>();
  readonly #delaysMs = new Map<DummyMethod, number>();

  failNext(method: DummyMethod, { after = false, error }: DummyFailure = {}): void {
    const lost = after ? "the reply was lost" : "the request was lost";
    const failure = {
      after,
      error: error ?? new StoreError(`${method} of the dummy store failed as set by failNext: ${lost}`),
    };
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), failure]);
  }

  takeFailure(method: DummyMethod): Required<DummyFailure> | undefined {
    return this.#failures.get(method)?.shift();
  }

  delay(method: DummyMethod, delayMs: number): void {
    this.#delaysMs.set(method, delayMs);
  }

  delayOf(method: DummyMethod): number {
    return this.#delaysMs.get(method) ?? 0;
  }
}
