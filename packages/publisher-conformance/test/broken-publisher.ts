import type { Message, Publisher } from "@beatx/core";
import type { PublisherUnderTest } from "../src/index.js";
import { memorySubject } from "./memory-broker.js";
import type { Flaw } from "./memory-broker.js";

/** A publisher with one flaw, and the case that must find it. */
export interface BrokenPublisher {
  /** Says what is wrong, after "a publisher that …". */
  readonly flaw: string;
  readonly caughtBy: string;
  /** Made for one run. */
  readonly subject: () => PublisherUnderTest;
}

export function broken(flaw: string, caughtBy: string, make: Flaw): BrokenPublisher {
  return { flaw, caughtBy, subject: () => memorySubject(make) };
}

/** For what pays no attention to the signal it is given. */
export const neverAborted: AbortSignal = new AbortController().signal;

/** Sends something else than it was given. */
export function changing(change: (message: Message) => Message): Flaw {
  return (publisher) => ({ publish: (messages, context) => publisher.publish(messages.map(change), context) });
}

/** Answers as sent what it leaves out. */
export function skipping(publisher: Publisher, leavesOut: (message: Message) => boolean): Partial<Publisher> {
  return {
    publish: async (messages, context) => {
      const kept = messages.filter((message) => !leavesOut(message));
      const answers = await publisher.publish(kept, context);
      return messages.map((message) => answers[kept.indexOf(message)]);
    },
  };
}
