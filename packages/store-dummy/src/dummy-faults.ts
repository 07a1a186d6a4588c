import { StoreError } from "@beatx/core/adapter";

/** The calls of a store that can be made to fail or to take their time. */
export type DummyMethod =
  | "getRevision"
  | "getSchedule"
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
  /** `false`: the request is lost, nothing happens. `true`: it is carried out and the reply is lost. Default `false`. */
  readonly after?: boolean;
  /** What the call rejects with. Default a `StoreError`. */
  readonly error?: Error;
}

/** The faults that wait for the calls of one store. */
export class DummyFaults {
  readonly #failures = new Map<DummyMethod, Required<DummyFailure>[]>();
  readonly #delaysMs = new Map<DummyMethod, number>();

  failNext(method: DummyMethod, { after = false, error }: DummyFailure = {}): void {
    const lost = after ? "the reply was lost" : "the request was lost";
    const failure = { after, error: error ?? new StoreError(`${method} of the dummy store failed as told: ${lost}`) };
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
