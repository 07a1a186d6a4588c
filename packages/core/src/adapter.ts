/** `@beatx/core/adapter`: what authors of stores and publishers need and should not write again. */

import { systemClock } from "./base/clock.js";
import { withDeadline as withClockDeadline } from "./base/deadline.js";

/**
 * Rejects with the error made by `onTimeout` if `work` has not ended after `timeoutMs`. The work itself goes on, and a
 * late failure of it is not an unhandled rejection.
 */
export function withDeadline<T>(work: Promise<T>, timeoutMs: number, onTimeout: () => Error): Promise<T> {
  return withClockDeadline(systemClock, work, timeoutMs, onTimeout);
}

export { untilAborted } from "./base/deadline.js";
export { BeatxError, ConfigError, LockLostError, PublishError, StoreError } from "./base/errors.js";
export { parseUri, redactUri, refuseUnknownQuery } from "./base/uri.js";
export type { ParsedUri } from "./base/uri.js";
export { checkValueSize } from "./store/value-size.js";
