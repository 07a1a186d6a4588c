/**
 * THE PUBLISHER CONTRACT. A publisher puts one message on a queue for each occurrence.
 * `@beatx/publisher-conformance` tests it; `docs/write-a-publisher.md` walks through an example.
 *
 * Rule numbers (R13, R20, …) refer to docs/PROTOCOL.md.
 */

import type { JsonObject, JsonValue } from "../base/json.js";

/**
 * Increases with every incompatible change of the contract. Core refuses a publisher that was built for another number.
 */
export const PUBLISHER_CONTRACT = 1;

/** The wish of an entry whose runs must not overlap (R52). */
export type SkipOverlap = {
  readonly policy: "skip";
  /** The longest that one run holds up the next, in ms from its sending. */
  readonly ttlMs: number;
};

/** The same of one message. */
export interface MessageOverlap extends SkipOverlap {
  /**
   * `true`: a message that is held up is not settled by that. It is published again until it is taken, so a publisher of class D
   * does not remember the answer (R23). Only messages of a backfill.
   */
  readonly waits?: true;
}

/** The message of one occurrence. */
export interface Message {
  /**
   * A UUID of version 8 made of namespace, entry and instant: a node that sends the occurrence again uses the same id
   * (R13). Random (version 4) for a run that was requested for now.
   */
  readonly id: string;
  /** The entry's name. */
  readonly entry: string;
  /** The task's name, as the workers know it. */
  readonly task: string;
  readonly args: readonly JsonValue[];
  readonly kwargs: JsonObject;
  /** The entry's options for the publisher: queue, priority, headers, … */
  readonly options: JsonObject;
  /** Epoch ms of the occurrence, not of the sending. */
  readonly scheduledAt: number;
  /**
   * `true`: a requested run. `scheduledAt` is the moment of the request, or the past instant that is backfilled: it may lie
   * before those of messages that were sent earlier.
   */
  readonly requested: boolean;
  /** Epoch ms after which a worker should no longer start it. `null`: no limit. */
  readonly expiresAt: number | null;
  /** Fence of the lease under which the message is sent. */
  readonly fence: number;
  /** Number of missed occurrences of the entry that this one replaces; 0: none. */
  readonly coalesced: number;
  /** The beat's namespace. */
  readonly namespace: string;
  /**
   * The reset of the entry after which it is sent: a text that no other reset has; omitted: the entry was not reset. A
   * publisher of class D takes the first message that carries it even if it took a later instant before (R23).
   */
  readonly resetId?: string;
  /**
   * The message must not be sent while an earlier one of its entry waits or runs (R52). Omitted: it may. Only a publisher with
   * `skipsOverlap` gets such a message.
   */
  readonly overlap?: MessageOverlap;
  /**
   * The same object for all messages of one revision of one entry. A publisher can keep data with it that it reuses between
   * messages, such as a serialised template: as the key of a `WeakMap`, or in a `RevisionData`.
   */
  readonly templateKey: object;
  /** Only of a message that was given up and goes to the dead letter. */
  readonly failure?: MessageFailure;
}

/** Why a message was given up (R54). */
export interface MessageFailure {
  /** `publisher`: it took no messages. `entry`: others got through meanwhile. */
  readonly reason: "publisher" | "entry";
  /** Why the last attempt failed. */
  readonly error: string;
  /** Epoch ms since when the occurrence could not be sent. */
  readonly failedSince: number;
  /** Number of attempts that failed, in the last term. */
  readonly attempts: number;
  /** `true`: an attempt was not confirmed, so the message may be in the publisher's queue all the same. */
  readonly maybeSent: boolean;
}

export interface PublishContext {
  /** Aborted when the batch's deadline has passed or leadership is lost. Send nothing after that. */
  readonly signal: AbortSignal;
  /** Aborted only when leadership ends: for work that continues after the message was accepted. Core always sets it. */
  readonly term?: AbortSignal;
}

/** One write to a queue, which a store makes in the atomic step that moves the cursor. */
export interface OutboxWrite {
  /** `list-push`: push `value` onto the left end of the list `key` of `database`. */
  readonly kind: "list-push";
  readonly database: number;
  readonly key: string;
  readonly value: string;
  /** Of a message with `overlap`. The same for all writes of one message. Omitted: the write has no condition. */
  readonly unlessHeld?: OutboxHold;
}

/**
 * A key that shows that an earlier message waits or runs. A store makes the write only if the key is absent or has this
 * value, and sets it to this value, with this lifetime, in the same step (R52).
 */
export interface OutboxHold {
  /** In the database of the write. */
  readonly key: string;
  /** The message's id: the message that holds the key is not stopped by it. */
  readonly value: string;
  readonly ttlMs: number;
}

/**
 * A short-lived key that a publisher set next to its queues. A store that finds the key can write to these queues, too.
 */
export interface OutboxMark {
  readonly database: number;
  readonly key: string;
  readonly value: string;
}

/**
 * For a publisher whose messages are plain list pushes: lets a store push the message and move the cursor in one step
 * (R20).
 */
export interface PublisherOutbox {
  /**
   * Sets a mark that lives a few seconds, and creates whatever the queues need. Rejects if the broker is away; core
   * sends nothing until it answers. If the broker forbids setting the mark, return one anyway: no store will find it,
   * so messages and cursors move in separate steps. When `context.signal` is aborted, reject as `publish` does.
   */
  leaveMark(context?: Pick<PublishContext, "signal">): Promise<OutboxMark>;
  /**
   * The writes that publish this message; sends nothing itself. Those of a message with `overlap` have `unlessHeld`.
   * @throws PublishError for a message that can never be sent.
   */
  writesFor(message: Message): readonly OutboxWrite[];
}

/** What a check of the broker's health is given. */
export interface HealthContext extends Pick<PublishContext, "signal"> {
  /**
   * Whether the store writes the messages (R20), so that the publisher itself sends none; `undefined`: not known yet. Core
   * always sets it.
   */
  readonly isOneStep?: boolean | undefined;
}

export interface Publisher {
  readonly contract: typeof PUBLISHER_CONTRACT;
  /** The publisher's name, such as `celery+redis`. */
  readonly name: string;
  /**
   * The guarantee of `publish` alone. `exactly-once`: the broker compares instants itself (class D). `at-least-once`:
   * copies are possible, with the same id (class P).
   */
  readonly delivery: "exactly-once" | "at-least-once";
  readonly outbox?: PublisherOutbox;
  /**
   * `true`: it takes messages with `overlap`, and answers with `OverlapError` where an earlier message of the entry still
   * waits or runs. It compares and takes in one step, and a message is never stopped by itself: sent again, it gets the
   * answer of a message that was sent (R52). Omitted: core gives it no such message, and says why the entry does not run.
   */
  readonly skipsOverlap?: boolean;
  /**
   * Sends messages of different entries. Resolves when the broker has confirmed or refused each of them. The results
   * have the same order: `undefined` for a sent message, or an error. A rejection is an error of all messages.
   * - `PublishError` with `notSent: true`: the message is not in the queue, and never will be.
   * - `PassedError`: the broker compares instants and has taken a later one of this entry, so it did not take this one
   *   (R23).
   * - `OverlapError`: an earlier message of the entry waits or runs, so it did not take this one (R52).
   * - Any other error: the message may be in the queue, or may get there later.
   *
   * When `context.signal` is aborted, reject at once, with your own words: which server did not answer (without its
   * password), what you waited for, and since when. Core waits a few ms for them; then its error names only the publisher
   * and the deadline.
   */
  publish(messages: readonly Message[], context: PublishContext): Promise<readonly (Error | undefined)[]>;
  /**
   * Whether it can ever send messages of this task; omitted: those of all tasks. A node does not lead if it cannot send a task
   * of another application on the same beat (R47). It is asked in each tick, so it answers at once and sends nothing.
   */
  canSend?(task: string): boolean;
  /**
   * Asks whether the broker would take messages now, and sends none. Resolves to warnings about the broker, one line
   * each; one that differs from an earlier one only in its numbers is not logged again. Rejects with `PublishError` if
   * it would not: it is down, refuses the password, lacks a right, is paused or full. The message names the server,
   * what it waits for and the way out, and no secret. A leader calls it when its term begins and every few seconds, one
   * call at a time, and aborts `signal` when the deadline of a publish has passed; reject then with what the broker
   * waits for.
   */
  checkHealth?(context: HealthContext): Promise<readonly string[]>;
  /**
   * Resolves when all work that the publisher began has ended. A stopping node waits for it before it releases the
   * lease.
   */
  onIdle?(): Promise<void>;
  /** Ends only the connections that the publisher opened. May be called again; later sends reject. */
  close(): Promise<void>;
}

/**
 * The short form of a publisher: called once per message. If it resolves, the message counts as sent. If it rejects, the
 * message may have been sent, unless the error is a `PublishError` with `notSent: true`.
 */
export type PublishFunction = (message: Message, context: PublishContext) => Promise<unknown>;

export interface PublisherOptions {
  /** Deadline of one command, in ms. Default 5000. */
  readonly publishTimeoutMs?: number;
  /** The publisher's own options. */
  readonly [publisherOption: string]: unknown;
}

/** The `publisherProvider` export of a publisher package, by which core finds the publisher. */
export interface PublisherProvider {
  /** The URI schemes of the publisher, in lower case, without the colon. */
  readonly schemes: readonly string[];
  /**
   * Opens a publisher; `uri` is as the user wrote it. The broker need not be running. Rejects with `ConfigError` if the
   * publisher can never work.
   */
  open(uri: string, options?: PublisherOptions): Promise<Publisher>;
}
