import type { JsonObject, JsonValue, Message, Publisher } from "@beatx/core";
import type { OutboxMark, OutboxWrite } from "@beatx/core/adapter";

export type PublisherTopic =
  | "lifecycle"
  | "sending"
  | "contents"
  | "refusals"
  | "signal"
  | "repeats"
  | "outage"
  | "silence"
  | "outbox"
  | "overlap";

/** One promise of the publisher contract, and its check. */
export interface PublisherCase {
  readonly topic: PublisherTopic;
  /** A sentence about behaviour; unique in the suite. */
  readonly name: string;
  /** Whether the promise applies to this publisher. Omitted: it applies to every publisher. */
  readonly needs?: (publisher: Publisher, subject: PublisherUnderTest) => boolean;
  /** Rejects with an `AssertionError` when the promise is broken. */
  readonly run: (context: CaseContext) => Promise<void>;
}

/** The argument of a case: a new client, and messages of a new namespace. */
export interface CaseContext {
  readonly publisher: Publisher;
  readonly subject: PublisherUnderTest;
  /**
   * Makes a message of this namespace: of a new entry and due a moment ago, unless `changes` say otherwise. It is frozen,
   * because a publisher must not change the messages that it is given.
   */
  readonly makeMessage: (changes?: Partial<Message>) => Message;
  /** Opens one more client. It is closed when the case ends. */
  readonly open: () => Promise<Publisher>;
}

/** A message as a consumer sees it. */
export interface ReceivedMessage {
  /** The `id` of the `Message`, without any prefix or suffix of the publisher. */
  readonly id: string;
  readonly entry: string;
  readonly task: string;
  readonly args: readonly JsonValue[];
  readonly kwargs: JsonObject;
  /** Epoch ms. */
  readonly scheduledAt: number;
  readonly fence: number;
}

/** How the suite reaches the publisher; written by the publisher's author. */
export interface PublisherUnderTest {
  /** Opens a new client of the same broker. */
  open(): Promise<Publisher>;
  /**
   * All messages that consumers have found or will find in the queues, copies included. Read the queues as the users'
   * consumers do. Messages that do not come from the suite do no harm.
   */
  received(): Promise<readonly ReceivedMessage[]>;
  /** Entry options with which a message can never be sent; adds the topic `refusals`. */
  readonly unsendable?: JsonObject;
  /**
   * Makes the broker unreachable until `repairBroker`, without losing any message that it has confirmed. Give both for every
   * publisher that opens connections: they add the cases about outages and about closed clients.
   */
  breakBroker?(): Promise<void>;
  repairBroker?(): Promise<void>;
  /**
   * Makes the broker silent until `repairBroker`: it keeps its connections and accepts new ones, and answers nothing (a
   * stopped process). It adds the cases about a broker that does not answer. Needs `address` and `repairBroker`.
   */
  silenceBroker?(): Promise<void>;
  /** The broker's address as errors must show it, such as `127.0.0.1:6379`. */
  readonly address?: string;
  /** The password in the settings of the clients, which no error may show. */
  readonly secret?: string;
  /**
   * The longest that a case waits for a call to end or a message to arrive, in ms. Default 60 000. Must be longer than
   * the publisher's own deadline.
   */
  readonly patienceMs?: number;
  /** Ends the run of the message with this id, as consumers do. Required when the publisher has `skipsOverlap`. */
  endRun?(id: string): Promise<void>;
  /** Reaches the queues without the publisher. Required when the publisher has an outbox. */
  readonly outbox?: OutboxProbe;
}

/** Acts in place of a store that carries out outbox writes. */
export interface OutboxProbe {
  /** Makes the write. */
  push(write: OutboxWrite): Promise<void>;
  /** The value under the mark's key and its remaining lifetime in ms; `null` if there is none. */
  readMark(mark: OutboxMark): Promise<{ readonly value: string; readonly expiresInMs: number } | null>;
}

/** Gives the cases of one file their topic and the condition that all of them share. */
export function casesOf(
  topic: PublisherTopic,
  cases: readonly Pick<PublisherCase, "name" | "needs" | "run">[],
  needs?: NonNullable<PublisherCase["needs"]>,
): PublisherCase[] {
  return cases.map((publisherCase) => ({
    ...publisherCase,
    topic,
    ...(needs && {
      needs: (publisher, subject) => needs(publisher, subject) && (publisherCase.needs?.(publisher, subject) ?? true),
    }),
  }));
}

/** The condition of cases that need a publisher with connections. */
export function hasBroker(_publisher: Publisher, subject: PublisherUnderTest): boolean {
  return subject.breakBroker !== undefined;
}

/** The condition of cases about a broker that does not answer. */
export function canBeSilent(_publisher: Publisher, subject: PublisherUnderTest): boolean {
  return subject.silenceBroker !== undefined && subject.address !== undefined;
}

/** The condition of cases about messages that can never be sent. */
export function canRefuse(_publisher: Publisher, subject: PublisherUnderTest): boolean {
  return subject.unsendable !== undefined;
}
