import type { Clock } from "../base/clock.js";
import { inSlices } from "../base/slices.js";
import { fingerprinting } from "../entry/app-record.js";
import type { AppDefinition } from "../entry/definition.js";
import type { Entry } from "../entry/entry.js";
import type { ClusterTime } from "../store/cluster-time.js";

export interface OwnAppContext {
  /** The name of this application; `null`: none is given. */
  readonly app: string | null;
  readonly configVersion: number | null;
  /** The checked entries of the configuration; `null`: there is none. */
  readonly config: ReadonlyMap<string, Entry> | null;
  /** The name of this node's publisher. */
  readonly publisher: string;
  readonly time: ClusterTime;
  readonly clock: Clock;
}

/** What this node would record of its application (R47). */
export class OwnApp {
  readonly #context: OwnAppContext;
  #record: AppDefinition | null = null;

  constructor(context: OwnAppContext) {
    this.#context = context;
  }

  /** `null`: the configuration gives no name, or `prepare` has not ended yet. */
  get record(): AppDefinition | null {
    return this.#record;
  }

  /** Notes when this node has started; later calls do nothing. Await it before the schedule is read. @throws StoreError */
  async prepare(): Promise<void> {
    const { app, configVersion, config, publisher, time, clock } = this.#context;
    if (app === null || config === null || this.#record) return;
    await time.sync();
    const startedAt = Math.trunc(time.now());
    const fingerprint = await inSlices(clock, fingerprinting(config));
    this.#record = { kind: "app", configVersion, startedAt, fingerprint, publisher };
  }
}
