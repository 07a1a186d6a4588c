import {
  type DummyPublisher,
  dummyPublisher,
  type DummyStore,
  dummyStore,
  type DummyStoreOptions,
} from "@beatx/store-dummy";
import { onTestFinished } from "vitest";

import type { Client } from "../src/client/client.js";
import { createClient } from "../src/client/store-client.js";
import type { Message, Publisher } from "../src/contract/publisher.js";
import type { StoredEntry } from "../src/contract/store.js";
import type { EntryInput } from "../src/entry/entry.js";
import { type Beat, createBeat } from "../src/node/beat.js";
import type { BeatOptions } from "../src/node/options.js";
import { type Logger, silentLogger } from "../src/report/logger.js";
import { FakeClock } from "../src/testing/fake-clock.js";
import { recordingPublisher, type RecordingPublisher } from "../src/testing/recording-publisher.js";

/** The start of every world, epoch ms. */
export const START = Date.parse("2030-01-01T00:00:00Z");

export const everySecond: EntryInput = { task: "t", schedule: "1s", missed: "all" };

/** A cluster in one process on one clock. Its nodes are stopped at the end of the test. */
interface World {
  readonly clock: FakeClock;
  /** The connection of the first node. Its failures do not affect other connections. */
  readonly store: DummyStore;
  /** A queue inside the store: message and cursor land in one step. */
  readonly outbox: DummyPublisher;
  /** A client with a connection of its own. */
  readonly client: Client;
  /** Opens another node's connection to the same backend. */
  connect(options?: Omit<DummyStoreOptions, "name" | "clock">): DummyStore;
  /** Creates a node with `store`, and with `outbox` unless `options` has a publisher or handlers. */
  create(options?: Partial<BeatOptions>): Beat;
  /** Creates a node and starts it. It is a standby at first. */
  run(options?: Partial<BeatOptions>): Promise<Beat>;
  /** Creates a node, starts it, and waits 10 ms: then it leads, unless another node does. */
  lead(options?: Partial<BeatOptions>): Promise<Beat>;
  /** The messages in `outbox`, as `entry@second`. */
  sent(): string[];
}

let worlds = 0;

export function world(clock: FakeClock = new FakeClock(START)): World {
  const name = `world-${worlds++}`;
  const connect: World["connect"] = (options) => dummyStore({ ...options, name, clock });
  const store = connect();
  const outbox = dummyPublisher({ name, clock });
  const beats: Beat[] = [];
  onTestFinished(() => {
    for (const beat of beats) void beat.stop();
  });
  const create: World["create"] = (options = {}) => {
    const sender = (options.publisher ?? options.handlers) ? {} : { publisher: outbox };
    const beat = createBeat({ store, ...sender, clock, logger: silentLogger, ...options });
    beats.push(beat);
    return beat;
  };
  const run: World["run"] = async (options) => {
    const beat = create(options);
    await beat.start();
    return beat;
  };
  const lead: World["lead"] = async (options) => {
    const beat = await run(options);
    await clock.advance(10);
    return beat;
  };
  const sent = (): string[] => outbox.messages().map((message) => `${message.entry}@${secondOf(message)}`);
  return { clock, store, outbox, client: createClient({ store: connect(), clock }), connect, create, run, lead, sent };
}

function secondOf({ scheduledAt }: Pick<Message, "scheduledAt">): number {
  return (scheduledAt - START) / 1000;
}

/** The instants of the messages, of all entries or of one, in seconds after the start of the world. */
export function secondsOf(messages: readonly Pick<Message, "scheduledAt" | "entry">[], entry?: string): number[] {
  return messages.filter((message) => entry === undefined || message.entry === entry).map(secondOf);
}

/** Whole numbers, both ends included. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Records the roles of a node from now on: `leader`, or `standby` with the reason. */
export function rolesOf(beat: Beat): string[] {
  const roles: string[] = [];
  beat.on("leader", () => roles.push("leader"));
  beat.on("standby", ({ reason }) => roles.push(`standby: ${reason}`));
  return roles;
}

/** Counts the requests for the lease from now on. */
export function countRequests(store: DummyStore): { count: number } {
  const requests = { count: 0 };
  const { acquireLock } = store;
  store.acquireLock = (request) => {
    requests.count++;
    return acquireLock(request);
  };
  return requests;
}

/** From now on no command of this connection is answered, so its node is as good as dead. */
export function cutOff(store: DummyStore): void {
  for (const method of ["acquireLock", "renewLock", "releaseLock", "advance", "getRevision", "getSchedule"] as const)
    store.delay(method, 1e9);
}

/** A publisher that takes `ms` milliseconds for each batch. */
export function slowPublisher(clock: FakeClock, ms: number): Publisher & Pick<RecordingPublisher, "messages"> {
  const inner = recordingPublisher();
  return {
    ...inner,
    async publish(batch, context) {
      await new Promise<void>((resolve) => clock.setTimer(resolve, ms));
      return inner.publish(batch, context);
    },
  };
}

/** What is stored under a name. */
export async function storedEntry(store: DummyStore, name: string): Promise<StoredEntry> {
  for await (const batch of (await store.getSchedule()).batches) {
    for (const stored of batch) if (stored.name === name) return stored;
  }
  throw new Error(`nothing is stored under ${name}`);
}

/** All stored names. */
export async function storedNames(store: DummyStore): Promise<string[]> {
  const names: string[] = [];
  for await (const batch of (await store.getSchedule()).batches) names.push(...batch.map(({ name }) => name));
  return names;
}

/** Lets `ms` milliseconds pass. Returns whether the promise has resolved or rejected by then. */
export async function endsWithin(clock: FakeClock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  let hasEnded = false;
  const note = (): void => void (hasEnded = true);
  promise.then(note, note);
  await clock.advance(ms);
  return hasEnded;
}

/** A logger that adds the text of each line to `lines`. */
export function notingLogger(lines: string[]): Logger {
  const note = (_fields: object, message: string): void => void lines.push(message);
  return { debug: () => undefined, info: note, warn: note, error: note };
}
