/** Assembles the parts of one node. Only this file decides which part knows which. */

import { hostname } from "node:os";

import type { Clock } from "../base/clock.js";
import { BeatxError } from "../base/errors.js";
import type { Publisher } from "../contract/publisher.js";
import type { Store, StoreCapabilities } from "../contract/store.js";
import type { Opened } from "../discovery/opened.js";
import type { ScheduleTypes } from "../discovery/schedule-types.js";
import { Delivery } from "../dispatch/delivery.js";
import { Dispatcher } from "../dispatch/dispatcher.js";
import { RateCap } from "../dispatch/rate-cap.js";
import type { Entry } from "../entry/entry.js";
import { Leadership, type LeadershipHooks } from "../lease/leadership.js";
import type { Term } from "../lease/term.js";
import type { Logger } from "../report/logger.js";
import { DeliveryHealth } from "../report/delivery-health.js";
import type { Reporter } from "../report/reporter.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import { ClusterTime } from "../store/cluster-time.js";
import { StoreHealth } from "../store/store-health.js";
import { StoreWatch } from "../store/store-watch.js";
import { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { OwnApp } from "../sync/own-app.js";
import { ScheduleFollower } from "../sync/schedule-follower.js";
import { ScheduleWriter } from "../sync/schedule-writer.js";
import { TermLog } from "../sync/term-log.js";
import { WarmStandby } from "../sync/warm-standby.js";
import { MergePlan } from "../timetable/merge-plan.js";
import { Timetable } from "../timetable/timetable.js";
import { assembleGiveUps } from "./assemble-give-ups.js";
import { CapWatch } from "./cap-watch.js";
import { checkHealthUntil } from "./health-checks.js";
import { Leader, type LeaderContext } from "./leader.js";
import { ConfigurationKeeper } from "./configuration-keeper.js";
import { type ObstacleContext, obstacleOf } from "./obstacle.js";
import { ReportKeeper } from "./report-keeper.js";
import type { Settings } from "./settings.js";
import { TermEntry } from "./term-entry.js";
import { Ticker } from "./ticker.js";

/** A failed renewal counts for so many lifetimes of the lease: several nodes may lead in turn, and none renew. */
const RENEWAL_COUNTS_TTLS = 5;
/** Any other failure of the store counts this long if it is not repeated, or for three commands' deadlines, in ms. */
const FAILURE_COUNTS_MS = 10_000;

/** The parts of a node that exist between `start` and `stop`. */
export interface RunningNode {
  readonly store: Opened<Store>;
  readonly publisher: Opened<Publisher>;
  /** `null`: none is given. */
  readonly deadLetter: Opened<Publisher> | null;
  readonly leadership: Leadership;
  readonly ticker: Ticker;
  readonly watch: StoreWatch;
}

export interface NodeParts extends Pick<RunningNode, "store" | "publisher" | "deadLetter"> {
  readonly settings: Settings;
  /** The checked entries of the configuration; `null`: there is none. */
  readonly config: ReadonlyMap<string, Entry> | null;
  readonly parseRule: ParseRule;
  readonly types: ScheduleTypes;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly reporter: Reporter;
  /** Aborted when the node stops. */
  readonly stopping: AbortSignal;
  /** Called after the node's own parts have reacted. */
  readonly hooks: Omit<LeadershipHooks, "onError" | "mayCompete">;
  /** The store hints that a definition has changed or the lock is free. */
  readonly onHint: () => void;
}

export function assembleNode(given: NodeParts): RunningNode {
  const parts = { ...given, config: inGroups(given.config, given.store.value.capabilities.groupOf) };
  const { settings, clock, random, reporter, publisher, stopping } = parts;
  const storeHealth = new StoreHealth(clock, {
    renewalCountsMs: RENEWAL_COUNTS_TTLS * settings.lockTtlMs,
    failureCountsMs: Math.max(FAILURE_COUNTS_MS, 3 * settings.commandTimeoutMs),
  });
  const store = new StoreWithDeadlines(parts.store.value, clock, settings.commandTimeoutMs, storeHealth);
  const onProgress: LeaderContext["onProgress"] = (work, done, total) => {
    if (stopping.aborted) throw new BeatxError("CLOSED", "the node stops");
    leadership.term?.noteProgress();
    reporter.progress(work, done, total);
  };
  const memory = makeMemory(parts, store, (count) => onProgress("reading the schedule", count));
  const { timetable, follower } = memory;
  const obstacles: ObstacleContext = { config: parts.config, settings, publisher: publisher.value };
  const lease = { ...settings, label: `${hostname()}:${process.pid}` };
  const hooks = hooksOf(
    parts,
    storeHealth,
    () => obstacleOf(timetable, obstacles) === null,
    () => ticker,
  );
  const leadership = new Leadership(store, clock, lease, hooks, random);
  const termLog = new TermLog({ ...memory, store, label: lease.label });
  const shared = { ...memory, termLog, store, clock, reporter, storeHealth, stopping, onProgress, obstacles };
  const makeLeader = (term: Term, cursorsAreNewest: boolean): Leader =>
    assembleLeader(term, parts, { ...shared, cursorsAreNewest }, () => {
      follower.doubt();
      ticker.hint();
    });
  const ticker: Ticker = new Ticker({ ...shared, settings, leadership, makeLeader });
  const watch = new StoreWatch(parts.store.value, clock, () => {
    // A hint only wakes the loops: they ask the store as always (R36).
    leadership.hurry();
    ticker.hint();
    parts.onHint();
  });
  return { store: parts.store, publisher, deadLetter: parts.deadLetter, leadership, ticker, watch };
}

/** Entries of one group come together, so that a batch of a merge writes few of the store's records. */
function inGroups(config: NodeParts["config"], groupOf: StoreCapabilities["groupOf"]): NodeParts["config"] {
  if (!config || !groupOf) return config;
  const grouped = Array.from(config, ([name, entry]) => ({ group: groupOf(name), name, entry }));
  grouped.sort((one, other) => one.group - other.group);
  return new Map(grouped.map(({ name, entry }) => [name, entry]));
}

/** What the node knows of the stored schedule, and how it keeps that current. */
type Memory = Pick<LeaderContext, "timetable" | "follower" | "standby" | "time" | "ownApp">;

function makeMemory(
  { parseRule, types, clock, publisher, config, settings }: NodeParts,
  store: StoreWithDeadlines,
  onRead: (count: number) => void,
): Memory {
  const plan = new MergePlan();
  const timetable = new Timetable(parseRule, (name) => plan.note(name), store.capabilities.groupOf);
  const mayBeOneStep = store.capabilities.outbox && publisher.value.outbox !== undefined;
  const follower = new ScheduleFollower(store, timetable, types, clock, {
    mayLoseCursors: !store.capabilities.durable && !mayBeOneStep,
    onRead,
  });
  const time = new ClusterTime(store, clock, settings.renewEveryMs);
  const { app, configVersion } = settings;
  const standby = new WarmStandby({ store, timetable, follower, plan, config, app, time, clock });
  const ownApp = new OwnApp({ app, configVersion, config, publisher: publisher.value.name, time, clock });
  return { timetable, follower, standby, time, ownApp };
}

type SharedParts = Memory &
  Pick<LeaderContext, "store" | "clock" | "reporter" | "cursorsAreNewest" | "onProgress" | "obstacles"> & {
    readonly storeHealth: StoreHealth;
    readonly termLog: TermLog;
  };

/** Everything that belongs to one term. `onStale`: called when a definition in memory is outdated. */
function assembleLeader(
  term: Term,
  { settings, publisher, deadLetter, random, stopping, logger, config }: NodeParts,
  shared: SharedParts,
  onStale: () => void,
): Leader {
  const { store, storeHealth, timetable, time, clock, reporter } = shared;
  const { namespace, publishTimeoutMs, atMostOnce, maxPerSecond } = settings;
  const writer = new ScheduleWriter(term, store, timetable, clock);
  const options = { store, publisher: publisher.value, namespace, clock, publishTimeoutMs, atMostOnce };
  const delivery = new Delivery(term, options);
  const health = new DeliveryHealth(publisher.value.name, clock);
  const rateCap = new RateCap(maxPerSecond, clock);
  const now = (): number => time.now();
  const givingUp = assembleGiveUps(term, { deadLetter, delivery, timetable, settings, clock, reporter, now });
  const { giveUps, deadLetterHealth, checkDeadLetter } = givingUp;
  const sending = { store, timetable, time, clock, writer, reporter, health, rateCap, giveUps };
  const dispatcher = new Dispatcher(term, delivery, { ...sending, random, stopping, onStale });
  const capWatch = new CapWatch(maxPerSecond, rateCap, timetable, clock);
  const about = { health, deadLetterHealth, giveUps, storeHealth, capWatch };
  const reports = new ReportKeeper({ term, ...about, timetable, writer, time, clock, config });
  const checks = { publisher: publisher.value, delivery, health, reporter, clock, now, timeoutMs: publishTimeoutMs };
  const checkHealth = async (): Promise<void> => {
    await Promise.all([checkHealthUntil(term.ended, { ...checks, peer: "publisher" }), checkDeadLetter()]);
  };
  const configuration = new ConfigurationKeeper({ store, writer, plan: shared.standby.plan });
  const termEntry = new TermEntry({ ...shared, term, writer });
  const own = { termEntry, writer, delivery, dispatcher, giveUps, health, reports, configuration, checkHealth };
  return new Leader(term, { ...shared, ...own, logger, config, settings });
}

function hooksOf(
  { hooks, reporter }: NodeParts,
  storeHealth: StoreHealth,
  mayCompete: () => boolean,
  ticker: () => Ticker,
): LeadershipHooks {
  const answered = (): void => {
    if (!storeHealth.isFailing) reporter.works("store");
  };
  return {
    onLeader(term) {
      answered();
      ticker().lead(term);
      hooks.onLeader(term);
    },
    onStandby(reason, wasTrusted) {
      ticker().standBy(reason, wasTrusted);
      hooks.onStandby(reason, wasTrusted);
    },
    onWaiting(held) {
      answered();
      if (held.leader) ticker().sawLeader();
      hooks.onWaiting(held);
    },
    onError: (error) => reporter.failed("store", error),
    // A standby reads the schedule, too, so it knows when it may.
    mayCompete,
  };
}
