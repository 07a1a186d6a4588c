import { PublishError } from "../base/errors.js";
import { type Message, type Publisher, PUBLISHER_CONTRACT } from "../contract/publisher.js";

/** A publisher that keeps what it is given, for tests. */
export interface RecordingPublisher extends Publisher {
  /** All messages, in the order in which they were confirmed. */
  readonly messages: readonly Message[];
  /** Makes the next `count` messages fail, all or those of one entry. */
  failNext(count: number, entry?: string): void;
  /** Forgets what it was given. */
  clear(): void;
}

export function recordingPublisher(): RecordingPublisher {
  const messages: Message[] = [];
  let failures: { left: number; entry: string | undefined } = { left: 0, entry: undefined };
  const fails = (message: Message): boolean => {
    if (failures.left === 0 || (failures.entry !== undefined && failures.entry !== message.entry)) return false;
    failures.left--;
    return true;
  };
  return {
    contract: PUBLISHER_CONTRACT,
    name: "recording",
    delivery: "at-least-once",
    messages,
    failNext: (left, entry) => void (failures = { left, entry }),
    clear: () => void messages.splice(0),
    publish(batch, { signal }) {
      const answers = batch.map((message) => {
        if (signal.aborted) return new PublishError("not sent: the time for it is over", { cause: signal.reason });
        if (fails(message)) return new PublishError("asked to fail");
        messages.push(message);
        return undefined;
      });
      return Promise.resolve(answers);
    },
    close: () => Promise.resolve(),
  };
}
