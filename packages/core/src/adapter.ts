/** `@beatx/core/adapter`: the contracts for authors of stores and publishers, and helpers for them. */

import { systemClock } from "./base/clock.js";
import { withDeadline as withClockDeadline } from "./base/deadline.js";

/**
 * Rejects with the error made by `onTimeout` if `work` has not ended after `timeoutMs`. The work itself goes on, and a
 * late failure of it is not an unhandled rejection.
 */
export function withDeadline<T>(work: Promise<T>, timeoutMs: number, onTimeout: () => Error): Promise<T> {
  return withClockDeadline(systemClock, work, timeoutMs, onTimeout);
}

export { describe, describeKind, shorten } from "./base/describe.js";
export { untilAborted } from "./base/deadline.js";
export {
  BeatxError,
  ConfigError,
  LockLostError,
  OverlapError,
  PassedError,
  PublishError,
  StoreError,
} from "./base/errors.js";
export { nearest } from "./base/nearest.js";
export { RevisionData } from "./base/revision-data.js";
export { isPathScheme, redactText, redactUri } from "./base/redact-uri.js";
export { checkTls, explainTls } from "./base/tls.js";
export { refuseUnknownQuery } from "./base/uri-query.js";
export { parseUri } from "./base/uri.js";
export { createSilence } from "./base/silence.js";
export type { Silence } from "./base/silence.js";
export type { ParsedUri } from "./base/uri.js";
export { PUBLISHER_CONTRACT } from "./contract/publisher.js";
export type {
  HealthContext,
  Message,
  OutboxHold,
  OutboxMark,
  OutboxWrite,
  PublishContext,
  Publisher,
  PublisherOptions,
  PublisherOutbox,
  PublisherProvider,
  SkipOverlap,
} from "./contract/publisher.js";
export { isLease, RECORD_SLOTS, STORE_CONTRACT } from "./contract/store.js";
export type {
  ChangeResult,
  CursorMove,
  CursorRecord,
  DefinitionChange,
  EntryPage,
  LeaderInfo,
  Lease,
  LockHeld,
  LockRequest,
  MoveResult,
  PageRequest,
  ScheduleReading,
  Store,
  StoreCapabilities,
  StoredEntry,
  StoreOptions,
  StoreProvider,
} from "./contract/store.js";
export { nextInRange } from "./schedule/search-range.js";
export { functionPublisher } from "./publisher/function-publisher.js";
export { compareNames } from "./base/name-order.js";
export { RESERVED_PREFIX } from "./entry/entry.js";
export { cutPage, isListed, pageOf } from "./store/page-of.js";
export { checkValueSize } from "./store/value-size.js";
