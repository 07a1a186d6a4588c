import type { Clock } from "../base/clock.js";
import type { Term } from "../lease/term.js";
import type { ClusterTime } from "../store/cluster-time.js";
import type { ScheduleWriter } from "../sync/schedule-writer.js";
import type { TermLog } from "../sync/term-log.js";
import type { Timetable } from "../timetable/timetable.js";

export interface TermEntryContext {
  readonly term: Term;
  readonly termLog: TermLog;
  readonly timetable: Timetable;
  readonly writer: ScheduleWriter;
  readonly time: ClusterTime;
  readonly clock: Clock;
}

/** The entry of one term in the record of the last leaders (R48). */
export class TermEntry {
  readonly #context: TermEntryContext;
  /** Monotonic ms. */
  readonly #beganAt: number;
  /** The last look at the record, and the writing that it has led to; `revision`: of the text that it has seen. */
  #last: { readonly revision: string | null; readonly written: Promise<unknown> } | null = null;

  constructor(context: TermEntryContext) {
    this.#context = context;
    this.#beganAt = context.clock.monotonicMs();
  }

  /**
   * Enters the term unless the record has it: once for each text that is stored there, so another writer of it is no
   * obstacle. @throws LockLostError, StoreError
   */
  async write(): Promise<void> {
    const { term, termLog, timetable, writer, time, clock } = this.#context;
    const { revision } = timetable.records.leaders;
    if (this.#last?.revision !== revision) {
      const since = Math.trunc(time.now() - (clock.monotonicMs() - this.#beganAt));
      // `null` writes nothing.
      this.#last = { revision, written: writer.write([termLog.begun(term.lease.fence, since)]) };
    }
    try {
      await this.#last.written;
    } catch (error) {
      this.#last = null;
      throw error;
    }
  }

  /** Says that the node has stopped, as far as the store lets it. Never rejects. */
  async end(): Promise<void> {
    const { term, termLog, writer } = this.#context;
    const change = termLog.stopped(term.lease.fence);
    if (change) await writer.write([change]).catch(() => undefined);
  }
}
