export { Beat, createBeat } from "./beat.js";
export { Client, createClient } from "./client.js";
export type { BeatStatus } from "./beat-status.js";
export type { ClientOptions } from "./client.js";
export { systemClock } from "./clock.js";
export type { Clock, Timer } from "./clock.js";
export type { Entry, EntryInput, FirstRun, InstantInput, MissedPolicy, WhenDone } from "./entry.js";
export type { EntryView } from "./entry-view.js";
export { BeatxError, ConfigError, LockLostError, PublishError, StoreError } from "./errors.js";
export type { ErrorCode } from "./errors.js";
export type { BeatEvents, StandbyReason } from "./events.js";
export { functionPublisher } from "./function-publisher.js";
export { handlersPublisher } from "./handlers.js";
export type {
  Handler,
  HandlerContext,
  Handlers,
  HandlersOptions,
  HandlersPublisher,
  Overlap,
  RunReport,
} from "./handlers.js";
export { jsonLogger, silentLogger } from "./logger.js";
export type { Logger } from "./logger.js";
export type { BeatOptions } from "./options.js";
export { PUBLISHER_CONTRACT } from "./publisher.js";
export type {
  JsonObject,
  JsonValue,
  Message,
  OutboxMark,
  OutboxWrite,
  PublishContext,
  Publisher,
  PublisherOptions,
  PublisherOutbox,
  PublisherProvider,
  PublishFunction,
} from "./publisher.js";
export { checkTimezone, clocked, crontab, interval, isSchedule, parseSchedule } from "./schedule/index.js";
export type {
  CrontabFields,
  CrontabLineOptions,
  CrontabOptions,
  CrontabValue,
  DayMatch,
  IntervalOptions,
  Schedule,
  ScheduleJson,
  ScheduleType,
} from "./schedule/index.js";
export { simulate } from "./simulate.js";
export type { Outage, SimulateOptions } from "./simulate.js";
export type { SimulatedRun } from "./simulated-run.js";
export { ScheduleTypes } from "./schedule-types.js";
export type { ScheduleTypesOptions } from "./schedule-types.js";
export { isLease, STORE_CONTRACT } from "./store.js";
export type {
  ChangeResult,
  CursorMove,
  DefinitionChange,
  Lease,
  LockHeld,
  LockInfo,
  LockRequest,
  MoveResult,
  ScheduleReading,
  Store,
  StoreCapabilities,
  StoredEntry,
  StoreOptions,
  StoreProvider,
} from "./store.js";
export type { Upcoming } from "./upcoming.js";
