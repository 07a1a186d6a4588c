import type { DefinitionChange } from "../contract/store.js";
import {
  encodeLeaders,
  LEADERS_RECORD,
  type LeaderTerm,
  type StoredLeaders,
  type TermEnd,
  withEnd,
  withTerm,
} from "../entry/leaders-record.js";
import type { ClusterTime } from "../store/cluster-time.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import type { Timetable } from "../timetable/timetable.js";

export interface TermLogContext {
  readonly store: StoreWithDeadlines;
  readonly timetable: Timetable;
  readonly time: ClusterTime;
  /** Of this node. */
  readonly label: string;
}

/** What a node tells of its terms in the record of the last leaders (R48). One for all terms of a node. */
export class TermLog {
  readonly #context: TermLogContext;
  /** The end of a term of which the store was not told yet. */
  #untold: { readonly fence: number; readonly ended: TermEnd } | null = null;

  constructor(context: TermLogContext) {
    this.#context = context;
  }

  /** The change by which a leader enters its term, and how its last one ended; `null`: the record has it. */
  begun(fence: number, since: number): DefinitionChange | null {
    const known = this.#known;
    if (known.isStored && known.terms.some((term) => term.fence === fence)) return null;
    const untold = this.#untold;
    const before = untold ? withEnd(known.terms, untold.fence, untold.ended) : known.terms;
    return this.#change(withTerm(before, { fence, label: this.#context.label, since, ended: null }));
  }

  /** The change by which a leader that stops says so, while it still has the lease. */
  stopped(fence: number): DefinitionChange | null {
    return this.#ending(fence, { at: this.#now, reason: "stopped" });
  }

  /** A term has ended without its lease: the store is told later. */
  lost(fence: number, reason: string): void {
    this.#untold = { fence, ended: { at: this.#now, reason } };
  }

  /** Tells the store how this node's last term ended, once and without a lease, after the next leader has entered its own. */
  async tell(): Promise<void> {
    const untold = this.#untold;
    if (untold === null || (this.#known.terms[0]?.fence ?? 0) <= untold.fence) return;
    this.#untold = null;
    const change = this.#ending(untold.fence, untold.ended);
    // Nothing depends on it.
    if (change) await this.#context.store.setSchedule([change]).catch(() => undefined);
  }

  get #known(): StoredLeaders {
    return this.#context.timetable.records.leaders;
  }

  get #now(): number {
    return Math.trunc(this.#context.time.now());
  }

  #ending(fence: number, ended: TermEnd): DefinitionChange | null {
    const { isStored, terms } = this.#known;
    const isOpen = terms.some((term) => term.fence === fence && term.ended === null);
    return isStored && isOpen ? this.#change(withEnd(terms, fence, ended)) : null;
  }

  #change(terms: readonly LeaderTerm[]): DefinitionChange {
    return { name: LEADERS_RECORD, definition: encodeLeaders(terms), expectedRevision: this.#known.revision };
  }
}
