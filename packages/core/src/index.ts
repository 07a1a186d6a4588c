export { Beat, createBeat } from "./node/beat.js";
export { Client, createClient } from "./client/client.js";
export type { BeatStatus } from "./client/beat-status.js";
export type { ClientOptions } from "./client/client.js";
export { systemClock } from "./base/clock.js";
export type { Clock, Timer } from "./base/clock.js";
export type { Entry, EntryInput, FirstRun, InstantInput, MissedPolicy, WhenDone } from "./entry/entry.js";
export type { EntryView } from "./client/entry-view.js";
export { BeatxError, ConfigError, LockLostError, PublishError, StoreError } from "./base/errors.js";
export type { ErrorCode } from "./base/errors.js";
export type { BeatEvents } from "./report/events.js";
export type { StandbyReason } from "./lease/term.js";
export { functionPublisher } from "./publisher/function-publisher.js";
export { handlersPublisher } from "./publisher/handlers-publisher.js";
export type { HandlersPublisher } from "./publisher/handlers-publisher.js";
export type {
  Handler,
  HandlerContext,
  Handlers,
  HandlersOptions,
  Overlap,
  RunReport,
} from "./publisher/handler-runs.js";
export { jsonLogger, silentLogger } from "./report/logger.js";
export type { Logger } from "./report/logger.js";
export type { BeatOptions } from "./node/options.js";
export type { JsonObject, JsonValue } from "./base/json.js";
export { PUBLISHER_CONTRACT } from "./contract/publisher.js";
export type {
  Message,
  OutboxMark,
  OutboxWrite,
  PublishContext,
  Publisher,
  PublisherOptions,
  PublisherOutbox,
  PublisherProvider,
  PublishFunction,
} from "./contract/publisher.js";
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
export { planSchedule } from "./simulation/planned-schedule.js";
export type {
  PlannedConfiguration,
  PlannedEntry,
  PlannedSchedule,
  StoredSchedule,
} from "./simulation/planned-schedule.js";
export { simulate } from "./simulation/simulate.js";
export type { Outage, SimulateOptions } from "./simulation/simulate.js";
export type { SimulatedRun } from "./simulation/simulated-run.js";
export { ScheduleTypes } from "./discovery/schedule-types.js";
export type { ScheduleTypesOptions } from "./discovery/schedule-types.js";
export { isLease, STORE_CONTRACT } from "./contract/store.js";
export type {
  ChangeResult,
  CursorMove,
  DefinitionChange,
  Lease,
  LockHeld,
  LeaderInfo,
  LockRequest,
  MoveResult,
  ScheduleReading,
  Store,
  StoreCapabilities,
  StoredEntry,
  StoreOptions,
  StoreProvider,
} from "./contract/store.js";
export type { Upcoming } from "./timetable/upcoming.js";
