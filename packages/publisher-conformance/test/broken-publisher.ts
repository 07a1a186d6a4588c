import type { Message, Publisher } from "@beatx/core";
import type { PublisherUnderTest } from "../src/index.js";
import { memorySubject } from "./memory-broker.js";
import type { Flaw } from "./memory-broker.js";

/** A publisher with one flaw, and the case that must find it. */
export interface BrokenPublisher {
  /** Completes "a publisher that …". */
  readonly flaw: string;
  readonly caughtBy: string;
  /** Makes a new one for each run. */
  readonly subject: () => PublisherUnderTest;
}

export function broken(flaw: string, caughtBy: string, make: Flaw): BrokenPublisher {
  return { flaw, caughtBy, subject: () => memorySubject(make) };
}

/** For publishers that ignore the signal. */
export const neverAborted: AbortSignal = new AbortController().signal;

/** Sends changed messages. */
export function changing(change: (message: Message) => Message): Flaw {
  return (publisher) => ({ publish: (messages, context) => publisher.publish(messages.map(change), context) });
}

/** Leaves some messages out and reports them as sent. */
export function skipping(publisher: Publisher, leavesOut: (message: Message) => boolean): Partial<Publisher> {
  return {
    publish: async (messages, context) => {
      const kept = messages.filter((message) => !leavesOut(message));
      const answers = await publisher.publish(kept, context);
      return messages.map((message) => answers[kept.indexOf(message)]);
    },
  };
}
