import { setMaxListeners } from "node:events";

import type { Clock } from "../base/clock.js";
import { ANSWER_GRACE_MS, withDeadline } from "../base/deadline.js";
import { ConfigError, PublishError } from "../base/errors.js";
import type { Message, Publisher } from "../contract/publisher.js";
import { textOf } from "../report/entry-log.js";

/** Answers in the order of the messages: `undefined` for a sent one, or the error that prevented it. Never rejects. */
export type PublishBatch = (messages: readonly Message[]) => Promise<readonly (Error | undefined)[]>;

/** Publishes within `timeoutMs`, or until the term has `ended`. A publisher that rejects fails all of its messages. */
export async function publishBatch(
  publisher: Publisher,
  messages: readonly Message[],
  ended: AbortSignal,
  clock: Clock,
  timeoutMs: number,
): Promise<readonly (Error | undefined)[]> {
  if (messages.length === 0) return [];
  const batch = new AbortController();
  // Each message of the batch may listen.
  setMaxListeners(0, batch.signal);
  const endWithTerm = (): void => batch.abort(ended.reason);
  ended.addEventListener("abort", endWithTerm);
  // Abort first: the publisher then has ANSWER_GRACE_MS to report which messages were sent, and in its own words why the
  // others were not.
  const timer = clock.setTimer(() => batch.abort(tooSlow(publisher, timeoutMs)), timeoutMs);
  try {
    if (ended.aborted) throw new PublishError("leadership ended before the message was sent", { notSent: true });
    const sending = publisher.publish(messages, { signal: batch.signal, term: ended });
    const answers = await withDeadline(clock, sending, timeoutMs + ANSWER_GRACE_MS, () =>
      tooSlow(publisher, timeoutMs),
    );
    if (isAnswerTo(messages, answers)) return answers;
    const hint = "publish must resolve to an array with one answer per message";
    throw new ConfigError(`the publisher ${publisher.name} broke its contract: ${hint}`);
  } catch (cause) {
    batch.abort(cause);
    const error = cause instanceof Error ? cause : new PublishError(textOf(cause));
    return messages.map(() => error);
  } finally {
    timer.cancel();
    ended.removeEventListener("abort", endWithTerm);
  }
}

/** A publisher in plain JavaScript may answer anything. */
function isAnswerTo(messages: readonly Message[], answers: readonly (Error | undefined)[]): boolean {
  return Array.isArray(answers) && answers.length === messages.length;
}

/** The error of a publisher that did not answer in time and has no words of its own. */
export function tooSlow(publisher: Publisher, timeoutMs: number): PublishError {
  const advice = "check that its server is running and answers";
  return new PublishError(`${publisher.name} did not confirm within ${timeoutMs} ms: ${advice}`);
}
