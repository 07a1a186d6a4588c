import type { JsonObject, JsonValue, Message, OutboxMark, OutboxWrite, Publisher } from "@beatx/core";

export type PublisherTopic =
  "lifecycle" | "sending" | "contents" | "refusals" | "signal" | "repeats" | "outage" | "outbox";

/** One promise of the publisher contract, and how to find out whether a publisher keeps it. */
export interface PublisherCase {
  readonly topic: PublisherTopic;
  /** A sentence about behaviour; unique in the suite. */
  readonly name: string;
  /** Whether the promise applies. Left out: it binds every publisher. */
  readonly needs?: (publisher: Publisher, subject: PublisherUnderTest) => boolean;
  /** Rejects with an `AssertionError` when the promise is broken. */
  readonly run: (context: CaseContext) => Promise<void>;
}

/** What a case is given: a client that nobody has used before, and a namespace of its own. */
export interface CaseContext {
  readonly publisher: Publisher;
  readonly subject: PublisherUnderTest;
  /**
   * An occurrence of this namespace: of an entry of its own and due a moment ago, unless `changes` say otherwise. Frozen,
   * because a publisher reads what it is given and changes nothing.
   */
  readonly makeMessage: (changes?: Partial<Message>) => Message;
  /** Opens one more client. Closed when the case ends. */
  readonly open: () => Promise<Publisher>;
}

/** A message as a consumer sees it. */
export interface ReceivedMessage {
  /** As in `Message`; without what the publisher puts around it. */
  readonly id: string;
  readonly entry: string;
  readonly task: string;
  readonly args: readonly JsonValue[];
  readonly kwargs: JsonObject;
  /** Epoch ms. */
  readonly scheduledAt: number;
  readonly fence: number;
}

/** What the author of a publisher provides. */
export interface PublisherUnderTest {
  /** A new client of the same broker each time it is called. */
  open(): Promise<Publisher>;
  /**
   * All that consumers have found or will find in the queues, copies too, read in the way of the consumers that users
   * have. Messages of others among them do no harm.
   */
  received(): Promise<readonly ReceivedMessage[]>;
  /** Options of an entry with which its messages can never be sent; adds the cases about refusals. */
  readonly unsendable?: JsonObject;
  /**
   * Makes the broker unreachable until `repairBroker`; what it has confirmed it must not forget over that. Given for every
   * publisher that opens connections: the two add the cases about outages and about closed clients.
   */
  breakBroker?(): Promise<void>;
  repairBroker?(): Promise<void>;
  /**
   * How long a call may take to settle, and a message to arrive, before a case gives up, in ms. Default 60 000; never less
   * than the publisher's own deadline.
   */
  readonly patienceMs?: number;
  /** The way to the queues behind the publisher's back. Required when it offers an outbox. */
  readonly outbox?: OutboxProbe;
}

/** Does and sees what a store does for an outbox. */
export interface OutboxProbe {
  /** Makes the write. */
  push(write: OutboxWrite): Promise<void>;
  /** What lies under the mark's key, and for how long yet, in ms; `null`: nothing. */
  readMark(mark: OutboxMark): Promise<{ readonly value: string; readonly expiresInMs: number } | null>;
}

/** Gives the cases of one file their topic, and what all of them need. */
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

/** For cases about what only a publisher with connections can do. */
export function hasBroker(_publisher: Publisher, subject: PublisherUnderTest): boolean {
  return subject.breakBroker !== undefined;
}

/** For cases about messages that can never be sent. */
export function canRefuse(_publisher: Publisher, subject: PublisherUnderTest): boolean {
  return subject.unsendable !== undefined;
}
