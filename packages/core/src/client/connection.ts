import type { Clock } from "../base/clock.js";
import type { ChangeResult, DefinitionChange, Store } from "../contract/store.js";
import type { Opened } from "../discovery/opened.js";
import type { ScheduleTypes } from "../discovery/schedule-types.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import { openStore } from "../store/open-store.js";
import { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { ScheduleFollower } from "../sync/schedule-follower.js";
import { Timetable } from "../timetable/timetable.js";
import type { OwnConfiguration } from "../timetable/foreign-configuration.js";
import { type ClientOptions, readConfiguration } from "./client-options.js";

/** A client's store, and the schedule as it was last read. */
export interface Connection {
  readonly opened: Opened<Store>;
  readonly store: StoreWithDeadlines;
  readonly timetable: Timetable;
  readonly follower: ScheduleFollower;
  readonly clock: Clock;
  /** The configuration of this application, for `status`. */
  readonly own: OwnConfiguration;
}

/** @throws ConfigError, BeatxError `UNKNOWN_SCHEME` */
export async function connect(
  options: ClientOptions,
  { types, parseRule, clock }: { readonly types: ScheduleTypes; readonly parseRule: ParseRule; readonly clock: Clock },
): Promise<Connection> {
  const opened = await openStore(options);
  const store = new StoreWithDeadlines(opened.value, clock, options.commandTimeoutMs ?? 5_000);
  const timetable = new Timetable(parseRule);
  const follower = new ScheduleFollower(store, timetable, types, clock, { keepsLost: false });
  return { opened, store, timetable, follower, clock, own: readConfiguration(options) };
}

/** Cluster time, epoch ms. @throws StoreError */
export async function timeOf({ store, clock }: Pick<Connection, "store" | "clock">): Promise<number> {
  return Math.trunc((await store.getTime()) ?? clock.now());
}

/** Takes what a write has left in the store into memory: its own definition, or the one that it met. */
export function adoptResult(timetable: Timetable, { name, definition }: DefinitionChange, result: ChangeResult): void {
  const cursor = timetable.cursorText(name);
  const written = result.status === "done" ? { name, definition, revision: result.revision, cursor } : result.entry;
  timetable.apply(written ?? { name, definition: null, revision: "", cursor: null }, true);
}
