/** `@beatx/core`: for applications. Authors of stores and publishers also import `@beatx/core/adapter`. */

export { systemClock } from "./base/clock.js";
export type { Clock, Timer } from "./base/clock.js";
export {
  BeatxError,
  ConfigError,
  LockLostError,
  OverlapError,
  PassedError,
  PublishError,
  StoreError,
} from "./base/errors.js";
export type { ErrorCode } from "./base/errors.js";
export type { JsonObject, JsonValue } from "./base/json.js";
export type { Calendar, CalendarType } from "./contract/calendar.js";
export type { BackfillResult } from "./client/backfill.js";
export type { BackfillOptions } from "./client/backfill-options.js";
export type { BackfillView } from "./client/backfills.js";
export type { AppStatus, BeatStatus } from "./client/beat-status.js";
export type { Client, EditCondition } from "./client/client.js";
export type { ClientOptions } from "./client/client-options.js";
export type { EditResult, ManyEntries } from "./client/edit-many.js";
export type { EntryView } from "./client/entry-view.js";
export type { EntryHistory, HistoryOptions, HistoryRun } from "./client/history.js";
export type { ExportOptions } from "./client/export-schedule.js";
export type { MoveOptions } from "./client/import-export.js";
export type { ExportedRecord, ScheduleExport } from "./client/schedule-export.js";
export type { EntryToImport, ImportOptions, ImportResult } from "./client/import-entries.js";
export type { LeaderView } from "./client/leaders.js";
export type { ListOptions } from "./client/list-entries.js";
export type { PauseOptions } from "./client/pause-entries.js";
export type { PausedEntry } from "./client/paused-entries.js";
export type { StatusProblem } from "./client/problems.js";
export type { ApplyOptions } from "./client/reconcile-schedule.js";
export type { EntryVersions, ScheduleDiff } from "./client/schedule-diff.js";
export type { RunOutlook } from "./client/read-status.js";
export type { EntrySelector } from "./client/select-entries.js";
export { createClient } from "./client/store-client.js";
export type {
  HealthContext,
  Message,
  MessageFailure,
  MessageOverlap,
  PublishContext,
  Publisher,
  PublisherOptions,
  PublishFunction,
  SkipOverlap,
} from "./contract/publisher.js";
export type { LeaderInfo, Store, StoreOptions } from "./contract/store.js";
export { ScheduleTypes } from "./discovery/schedule-types.js";
export type { ScheduleTypesOptions } from "./discovery/schedule-types.js";
export type { Configuration } from "./entry/configuration.js";
export type { DeadLetterChoice, DeadLetterContext, DeadLetterFunction } from "./publisher/dead-letter.js";
export type { FailingEntry, PublisherState, RateCapReport } from "./entry/leader-report.js";
export type { EntryInput, FirstRun, InstantInput, MissedPolicy, WhenDone } from "./entry/entry.js";
export type { EntryOverlap } from "./entry/overlap.js";
export type { Pause } from "./entry/pause.js";
export type { SkipReason } from "./entry/run-record.js";
export type { StandbyReason } from "./lease/term.js";
export { Beat, createBeat } from "./node/beat.js";
export type { BeatOptions } from "./node/options.js";
export type { Handler, HandlerContext, Handlers, Overlap, RunReport } from "./publisher/handler-runs.js";
export type { BeatEvents, GaveUp } from "./report/events.js";
export { jsonLogger, silentLogger } from "./report/logger.js";
export type { Logger } from "./report/logger.js";
export {
  allOf,
  anyOf,
  calendar,
  checkTimezone,
  clocked,
  crontab,
  interval,
  isSchedule,
  parseSchedule,
} from "./schedule/index.js";
export type {
  CrontabFields,
  CrontabLineOptions,
  CrontabOptions,
  CrontabValue,
  DayMatch,
  ExcludedDay,
  IntervalOptions,
  OnExcluded,
  ParsePart,
  RuleInput,
  RuleType,
  Schedule,
  ScheduleJson,
  ScheduleType,
} from "./schedule/index.js";
export { planSchedule } from "./simulation/planned-schedule.js";
export type { PlannedEntry, PlannedSchedule } from "./simulation/planned-schedule.js";
export type { StoredSchedule } from "./simulation/stored-schedule.js";
export { simulate } from "./simulation/simulate.js";
export type { Outage, SimulateOptions } from "./simulation/simulate.js";
export type { SimulatedRun } from "./simulation/simulated-run.js";
export type { Upcoming } from "./timetable/upcoming.js";
