import { PublishError } from "../base/errors.js";
import { type Message, type Publisher, PUBLISHER_CONTRACT } from "../contract/publisher.js";

/** A publisher for tests that records its messages. */
export interface RecordingPublisher extends Publisher {
  /** All sent messages, in order. */
  readonly messages: readonly Message[];
  /** Makes the next `count` messages fail: of all entries, or only of one. A new call replaces the last one. */
  failNext(count: number, entry?: string): void;
  /** Empties `messages`. */
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
        if (signal.aborted) {
          return new PublishError("not sent: the batch was called off", { cause: signal.reason, notSent: true });
        }
        if (fails(message)) return new PublishError("failed on request (failNext)");
        messages.push(message);
        return undefined;
      });
      return Promise.resolve(answers);
    },
    close: () => Promise.resolve(),
  };
}
