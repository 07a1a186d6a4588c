/**
 * Sends what is due in one of three ways and moves the cursors: the only place that publishes. Made once per term.
 *
 * - One step (class T, R20): the publisher's queue is within reach of the store, so message and cursor land together.
 * - Publish, then save (R24): a crash in between sends the occurrence again, with the same id.
 * - Claim, then publish (R25), if the user asks for at most once: a crash in between loses the occurrence.
 *
 * A move that was not saved, with nothing left to publish, is repeated as it is before anything else of its entry is
 * sent: so nothing is published from a cursor that may be old (R21).
 */

import type { Clock } from "../base/clock.js";
import { callInTime } from "../base/deadline.js";
import type { Publisher, PublisherOutbox } from "../contract/publisher.js";
import { isIgnored } from "../entry/cursor.js";
import type { Term } from "../lease/term.js";
import type { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { type DueEntry, lacksStoredCursor, type LiveEntry } from "../timetable/live-entry.js";
import {
  type Attempt,
  type AttemptContext,
  isSettledExceptCursor,
  type Outcome,
  POSTPONED,
  prepare,
  repeat,
} from "./attempt.js";
import { claimThenPublish } from "./claim-then-publish.js";
import { resetIdOf } from "./message.js";
import { moveCursors, type MoveCursors } from "./move-cursors.js";
import { sendInOneStep } from "./one-step.js";
import { publishBatch, type PublishBatch, tooSlow } from "./publish-batch.js";
import { publishThenSave } from "./publish-then-save.js";
import { FailedBefore } from "./records.js";
import { withoutRefused } from "./refused-overlaps.js";
import { Turns } from "./turns.js";
import { UnansweredMoves } from "./unanswered-moves.js";

export interface DeliveryOptions {
  readonly store: StoreWithDeadlines;
  readonly publisher: Publisher;
  readonly namespace: string;
  readonly clock: Clock;
  readonly publishTimeoutMs: number;
  /** If store and queue share no step: lose an occurrence rather than send it twice. */
  readonly atMostOnce: boolean;
}

export class Delivery {
  readonly #term: Term;
  readonly #options: DeliveryOptions;
  /** Attempts whose cursor could not be saved yet, with nothing left to publish. */
  readonly #unsaved = new WeakMap<LiveEntry, Attempt>();
  readonly #unanswered = new UnansweredMoves();
  readonly #failed = new FailedBefore();
  /** Records that each entry keeps: the take-over sets it, since it depends on the number of entries. */
  keepsRecords = 0;
  readonly #publishing = new Turns();
  readonly #moving = new Turns();
  /** The publisher's outbox if the store reaches it (class T), `null` if it does not; `undefined`: not known yet. */
  #outbox: PublisherOutbox | null | undefined;

  constructor(term: Term, options: DeliveryOptions) {
    this.#term = term;
    this.#options = options;
  }

  /** The guarantee for each occurrence, in words for people. */
  get guarantee(): string {
    const { publisher, store } = this.#options;
    if (this.#outbox) return "exactly once: the store writes message and cursor in one step";
    if (publisher.delivery === "exactly-once") return "exactly once: the queue refuses repeats, with any store";
    if (this.#options.atMostOnce) return "at most once: occurrences that may be lost are counted as uncertain";
    return `at least once: a repeat carries the same id (no single step covers ${publisher.name} and the ${store.name} store)`;
  }

  /**
   * Message and cursor lie in the same store, so they are lost together, too. One step can carry several occurrences of an
   * entry. Otherwise each waits for the one before it (R19).
   */
  get isOneStep(): boolean {
    return this.#outbox != null;
  }

  /**
   * How many batches may be under way at a time (R19): while the store works on one, the next is made, or published. Until
   * the way to send is known, there is one.
   */
  get batchesInFlight(): number {
    return this.isProbed ? 2 : 1;
  }

  /** The queue does not compare what it is given, so the outcome of a publish decides how the next batch is made. */
  get #awaitsAnswers(): boolean {
    return !this.isOneStep && this.#options.publisher.delivery === "at-least-once";
  }

  /** Whether `isOneStep` is final for this term: the servers were asked, and have answered. */
  get isProbed(): boolean {
    return this.#outbox !== undefined;
  }

  /**
   * The store may lose the cursor of one entry and keep the rest: the next move writes the one in memory back (R33). Where
   * that cannot be, an entry without a cursor is in an older state, and that state counts (R32).
   */
  get mayLoseCursors(): boolean {
    return !this.isOneStep && !this.#options.store.capabilities.durable;
  }

  /** How long the lease must be trusted before a batch starts (R19). In one step the store itself compares the lease. */
  get trustNeededMs(): number {
    return this.#outbox ? 0 : this.#options.publishTimeoutMs;
  }

  /**
   * Asks store and broker, once a term, whether one step can write message and cursor. Rejects if either does not answer.
   * Nothing is sent before that: mixing the two ways could repeat or lose an occurrence (R20, R25).
   */
  async probe(): Promise<void> {
    if (this.#outbox === undefined) this.#outbox = await this.#askForOutbox();
  }

  async #askForOutbox(): Promise<PublisherOutbox | null> {
    const { store, publisher, clock, publishTimeoutMs } = this.#options;
    const { outbox } = publisher;
    if (!outbox || !store.capabilities.outbox) return null;
    const onTimeout = (): Error => tooSlow(publisher, publishTimeoutMs);
    const mark = await callInTime(clock, publishTimeoutMs, (signal) => outbox.leaveMark({ signal }), onTimeout);
    return (await store.reachesOutbox(mark)) ? outbox : null;
  }

  /**
   * Makes one attempt per entry; the results have the same order. One that fails does not delay the others.
   * If the servers cannot be probed, every attempt that sends something fails with that error. `mayGoOn`: called as soon as
   * the next batch may be sent beside this one. @throws LockLostError
   */
  async send(due: readonly DueEntry[], now: () => number, mayGoOn: () => void): Promise<readonly Attempt[]> {
    if (!this.#awaitsAnswers) mayGoOn();
    const failure = await this.probe().then(
      () => undefined,
      (error: unknown) => ({ kind: "failed", error }) as const,
    );
    const context = this.#attemptContext(now());
    const attempts = due.map((each) => this.#attempt(each, context));
    if (failure) await this.#moveUnsent(attempts, failure);
    else this.#rememberUnsaved(await this.#dispatch(withoutRefused(attempts, this.#options.publisher), mayGoOn));
    for (const attempt of attempts) this.#failed.note(attempt);
    if (!this.mayLoseCursors) for (const { entry } of attempts) if (lacksStoredCursor(entry)) entry.cursor = null;
    return attempts;
  }

  /** An occurrence of the entry was published, and its cursor is not saved yet: that comes before any other move. */
  hasUnsaved(entry: LiveEntry): boolean {
    return this.#unsaved.has(entry);
  }

  /** In one step, a move of the entry that the store has not answered may have sent its messages. */
  maySent(entry: LiveEntry): boolean {
    return this.isOneStep && this.#unanswered.has(entry);
  }

  #attemptContext(now: number): AttemptContext {
    const { namespace, store } = this.#options;
    const keep = store.keepsRecords ? this.keepsRecords : 0;
    return { lease: this.#term.lease, namespace, now, claims: this.#claimsFirst, keep };
  }

  #attempt(due: DueEntry, context: AttemptContext): Attempt {
    const known = this.#knownAttempt(due);
    return known ? repeat(known) : prepare(due, context, this.#failed.of(due.entry));
  }

  /** The attempt to repeat. None from before a reset: its move would put the counts from then back. */
  #knownAttempt(due: DueEntry): Attempt | undefined {
    const { cursorText, definition } = due.entry;
    const known = this.#unsaved.get(due.entry) ?? this.#unanswered.findSame(due);
    const isOlder = isIgnored(cursorText, definition) && known?.messages[0]?.resetId !== resetIdOf(definition);
    return isOlder ? undefined : known;
  }

  /** How to send is not known. A move that sends nothing is the same in each way, and what is given up is not held up (R54). */
  async #moveUnsent(attempts: readonly Attempt[], failure: Outcome): Promise<void> {
    for (const attempt of attempts) if (!isSettledExceptCursor(attempt)) attempt.outcome = failure;
    const unsent = attempts.filter(isSettledExceptCursor);
    await this.#move(unsent);
    this.#rememberUnsaved(unsent);
  }

  readonly #move: MoveCursors = (attempts) =>
    moveCursors(this.#options.store, this.#term.lease, this.#unanswered, attempts);

  /** Returns the attempts, and the second moves of claims. */
  async #dispatch(attempts: readonly Attempt[], mayGoOn: () => void): Promise<readonly Attempt[]> {
    if (this.#claimsFirst) return [...attempts, ...(await claimThenPublish(attempts, this.#publish, this.#move))];
    if (this.#outbox) await sendInOneStep(attempts, this.#outbox, this.#move);
    else {
      // A publisher, and a store, has one batch at a time.
      const publishInTurn: PublishBatch = (messages) => this.#publishing.take(() => this.#publish(messages));
      const moveInTurn: MoveCursors = (moved) => this.#moving.take(() => this.#move(moved));
      await publishThenSave(attempts, { publish: publishInTurn, onPublished: mayGoOn, moveCursors: moveInTurn });
    }
    return attempts;
  }

  /** Asks for trust each time: a store command or the probe may have taken long since the batch began (R19). */
  readonly #publish: PublishBatch = (messages) => {
    const { publisher, clock, publishTimeoutMs } = this.#options;
    if (!this.#term.isTrusted(publishTimeoutMs)) return Promise.resolve(messages.map(() => POSTPONED));
    return publishBatch(publisher, messages, this.#term.ended, clock, publishTimeoutMs);
  };

  /** At most once is chosen only where exactly once is not possible. */
  get #claimsFirst(): boolean {
    const { atMostOnce, publisher } = this.#options;
    return atMostOnce && this.#outbox === null && publisher.delivery === "at-least-once";
  }

  #rememberUnsaved(attempts: readonly Attempt[]): void {
    for (const attempt of attempts) {
      const mustRepeat = attempt.outcome.kind === "failed" && isSettledExceptCursor(attempt);
      if (mustRepeat) this.#unsaved.set(attempt.entry, attempt);
      else this.#unsaved.delete(attempt.entry);
    }
  }
}
