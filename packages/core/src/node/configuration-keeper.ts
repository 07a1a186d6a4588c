import { type ApplicationMergeReport, mergeOwnEntries } from "../sync/application-merge.js";
import type { ScheduleWriter } from "../sync/schedule-writer.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { MergeInput } from "../timetable/merge-configuration.js";
import type { MergePlan } from "../timetable/merge-plan.js";

export interface ConfigurationKeeperContext {
  readonly store: StoreWithDeadlines;
  /** Writes under the lease of the term. */
  readonly writer: ScheduleWriter;
  readonly plan: MergePlan;
}

/** How many entries are looked at in one tick. */
const MOST_LOOKED_AT = 10_000;

/**
 * Keeps the entries of the leader's application as its configuration says: another node, of an older one, may have written
 * them after the take-over (R47). Made once per term.
 */
export class ConfigurationKeeper {
  readonly #context: ConfigurationKeeperContext;
  /** The rest of what is being looked at; `null`: all is seen. */
  #looking: Iterator<void, void> | null = null;

  constructor(context: ConfigurationKeeperContext) {
    this.#context = context;
  }

  /** `null`: there was nothing to write. @throws LockLostError, StoreError */
  async keep(merge: MergeInput): Promise<ApplicationMergeReport | null> {
    if (merge.app === null) return null;
    const { plan } = this.#context;
    this.#looking ??= plan.review(merge);
    for (let count = 0; count < MOST_LOOKED_AT; count++) {
      if (!this.#looking.next().done) continue;
      this.#looking = null;
      return mergeOwnEntries({ ...this.#context, merge, isOver: () => false });
    }
    return null;
  }
}
