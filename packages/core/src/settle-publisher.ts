import { withDeadline } from "./base/deadline.js";
import type { Clock } from "./base/clock.js";
import type { Publisher } from "./contract/publisher.js";
import type { Reporter } from "./report/reporter.js";

/** Waits for what the publisher has begun, at most `timeoutMs`; the end of the term aborts the rest. Never rejects. */
export async function settlePublisher(
  publisher: Publisher,
  clock: Clock,
  timeoutMs: number,
  reporter: Reporter,
): Promise<void> {
  const settled = publisher.onIdle?.() ?? Promise.resolve();
  const onTimeout = (): Error => new Error(`work still runs after ${timeoutMs} ms`);
  await withDeadline(clock, settled, timeoutMs, onTimeout).catch((error: unknown) => {
    reporter.failed("publisher", error);
  });
}
