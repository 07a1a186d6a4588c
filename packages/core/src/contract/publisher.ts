/**
 * THE PUBLISHER CONTRACT: what puts a message on a queue for each occurrence.
 * Rule numbers are those of docs/PROTOCOL.md.
 */

import type { JsonObject, JsonValue } from "../base/json.js";

/** Raised when the contract changes incompatibly. */
export const PUBLISHER_CONTRACT = 1;

/** What is published for one occurrence. */
export interface Message {
  /** UUIDv5 of namespace, entry and instant: any node that sends the occurrence again uses the same id (R13). Random for a run-now. */
  readonly id: string;
  /** Name of the entry. */
  readonly entry: string;
  readonly task: string;
  readonly args: readonly JsonValue[];
  readonly kwargs: JsonObject;
  /** The entry's options, for the publisher to read: queue, priority, headers, … */
  readonly options: JsonObject;
  /** Epoch ms of the occurrence (not of the sending). */
  readonly scheduledAt: number;
  /** Asked for by hand: `scheduledAt` is the moment of asking, not an instant of the schedule, and the id is random. */
  readonly requested: boolean;
  /** Epoch ms after which nobody should start it any more; `null`: no such moment. */
  readonly expiresAt: number | null;
  /** Fence of the lease under which it is sent. */
  readonly fence: number;
  /** How many missed occurrences of the entry this one stands for (0: none). */
  readonly coalesced: number;
  /** The namespace of the beat. */
  readonly namespace: string;
  /**
   * The same object for all messages of one revision of one entry: a key for a `WeakMap` in which a publisher keeps what
   * it prepared for the entry (a serialised template).
   */
  readonly templateKey: object;
}

export interface PublishContext {
  /** Aborted when the batch's time is over or leadership is lost; nothing may be sent after that. */
  readonly signal: AbortSignal;
  /** Aborted when leadership is over, and not before: for work that goes on after the message was taken. Core gives it always. */
  readonly term?: AbortSignal;
}

/** One write into a queue that a store makes in the same step as it moves the cursor. */
export interface OutboxWrite {
  /** `list-push`: push `value` onto the left end of the list `key` of `database`. */
  readonly kind: "list-push";
  readonly database: number;
  readonly key: string;
  readonly value: string;
}

/** A short-lived key that a publisher has set where its queues are; a store that finds it there can write there too. */
export interface OutboxMark {
  readonly database: number;
  readonly key: string;
  readonly value: string;
}

/** Offered by a publisher whose messages are plain list pushes, so that queue and cursor can move in one step (R20). */
export interface PublisherOutbox {
  /**
   * Sets a mark that lives a few seconds, and whatever else the queues need to exist. Rejects when the broker is away, and
   * nothing is sent until it answers. Where the broker forbids the mark, one that was not set is answered: no store finds it.
   */
  leaveMark(): Promise<OutboxMark>;
  /** The writes that publish this message. @throws PublishError for a message that can never be sent. */
  writesFor(message: Message): readonly OutboxWrite[];
}

export interface Publisher {
  readonly contract: typeof PUBLISHER_CONTRACT;
  /** As in `celery+redis`. */
  readonly name: string;
  /**
   * What `publish` alone promises: `exactly-once` when the destination itself compares (class D), else `at-least-once`
   * with equal ids (class P).
   */
  readonly delivery: "exactly-once" | "at-least-once";
  readonly outbox?: PublisherOutbox;
  /**
   * Sends messages of different entries. Resolves when the broker has confirmed (or refused) each; answers in their
   * order: `undefined` for sent, or the error that kept it back. Rejects when nothing is known of any.
   */
  publish(messages: readonly Message[], context: PublishContext): Promise<readonly (Error | undefined)[]>;
  /** Resolves when nothing that it began still runs; a node that stops waits for it before it hands the lease over. */
  onIdle?(): Promise<void>;
  /** Ends only the connections it opened. Repeatable; later calls reject. */
  close(): Promise<void>;
}

/** The short form: called once per message; resolving means sent. */
export type PublishFunction = (message: Message, context: PublishContext) => Promise<unknown>;

export interface PublisherOptions {
  /** Deadline of one command, in ms. Default 5000. */
  readonly publishTimeoutMs?: number;
  /** Whatever else the publisher documents. */
  readonly [publisherOption: string]: unknown;
}

/** What a publisher package exports as `publisherProvider`. */
export interface PublisherProvider {
  /** The URI schemes it answers to, lower case, without the colon. */
  readonly schemes: readonly string[];
  /** Rejects with `ConfigError` for what can never work; does not need the broker to be up. */
  open(uri: string, options?: PublisherOptions): Promise<Publisher>;
}
