import type { Clock } from "../base/clock.js";
import type { Store } from "../contract/store.js";
import type { Opened } from "../discovery/opened.js";
import type { ScheduleTypes } from "../discovery/schedule-types.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import { openStore } from "../store/open-store.js";
import { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { type ClientConfiguration, type ClientOptions, readConfiguration } from "./client-options.js";

/** What every call of a client works with. It remembers nothing of the schedule: each call reads what it needs. */
export interface Connection {
  readonly opened: Opened<Store>;
  /** It is part of the ids of occurrences (R13). */
  readonly namespace: string;
  readonly store: StoreWithDeadlines;
  readonly types: ScheduleTypes;
  readonly parseRule: ParseRule;
  readonly clock: Clock;
  /** Who makes the edits, unless a call says so; `null`: not said. */
  readonly by: string | null;
  /** The configuration of this application. */
  readonly own: ClientConfiguration;
}

/** @throws ConfigError, BeatxError `UNKNOWN_SCHEME` */
export async function connect(
  options: ClientOptions,
  { types, parseRule, clock }: Pick<Connection, "types" | "parseRule" | "clock">,
): Promise<Connection> {
  const opened = await openStore(options);
  const store = new StoreWithDeadlines(opened.value, clock, options.commandTimeoutMs ?? 5_000);
  const namespace = options.namespace ?? "beatx";
  const [by, own] = [options.by ?? null, readConfiguration(options)];
  return { opened, namespace, store, types, parseRule, clock, by, own };
}

/** Cluster time, epoch ms. @throws StoreError */
export async function timeOf({ store, clock }: Pick<Connection, "store" | "clock">): Promise<number> {
  return Math.trunc((await store.getTime()) ?? clock.now());
}
