/** Nodes, a client and a queue on one dummy backend and one clock, and a hand that writes past all of them. */

import { dummyPublisher, type DummyStore, dummyStore, resetDummy } from "@beatx/store-dummy";

import type { Timer } from "../../src/base/clock.js";
import type { Client } from "../../src/client/client.js";
import { createClient } from "../../src/client/store-client.js";
import type { Message } from "../../src/contract/publisher.js";
import { isLease, type Lease, type StoredEntry } from "../../src/contract/store.js";
import { CLUSTER_RECORD } from "../../src/entry/definition.js";
import type { EntryInput } from "../../src/entry/entry.js";
import { type Beat, createBeat } from "../../src/node/beat.js";
import type { BeatOptions } from "../../src/node/options.js";
import type { Logger } from "../../src/report/logger.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { recordingPublisher } from "../../src/testing/recording-publisher.js";
import { NodeClock } from "../simulated-node.js";
import { CONFIGURED, type Damage, START, validDefinition } from "./damage.js";

export type Sent = Pick<Message, "id" | "entry" | "scheduledAt">;

/** How the nodes send: one for each class of guarantee. */
export type Sending = "in one step" | "at-least-once" | "at-most-once";

/** Entries that are never damaged, and their periods in ms. */
export const HEALTHY: Readonly<Record<string, number>> = { second: 1_000, seven: 7_000, minute: 60_000, api: 2_000 };

export const CONFIGURATION: Readonly<Record<string, EntryInput>> = {
  second: { task: "t", schedule: "1s", missed: "all" },
  seven: { task: "t", schedule: "7s", missed: "all" },
  minute: { task: "t", schedule: "* * * * *", missed: "all" },
  rare: { task: "t", schedule: "1d" },
  ...Object.fromEntries(CONFIGURED.map((name) => [name, { task: "t", schedule: "5s" }])),
};

interface Node {
  readonly beat: Beat;
  readonly clock: NodeClock;
  readonly store: DummyStore;
}

/** Timers of a scenario of 60 s; a normal one sets a tenth of them. */
const MOST_TIMERS = 20_000;

/** A clock on which a busy loop ends: after far too many timers, no further one fires. */
class BoundedClock extends FakeClock {
  #timers = 0;

  get isExhausted(): boolean {
    return this.#timers > MOST_TIMERS;
  }

  override setTimer(callback: () => void, delayMs: number): Timer {
    this.#timers++;
    return super.setTimer(this.isExhausted ? () => undefined : callback, delayMs);
  }
}

let clusters = 0;

export class DamagedCluster {
  readonly clock: BoundedClock = new BoundedClock(START);
  readonly #name = `damage-${clusters++}`;
  readonly #hand: DummyStore;
  readonly client: Client;
  readonly nodes: Node[] = [];
  /** Texts of warnings and errors. */
  readonly lines: string[] = [];
  readonly errors: Error[] = [];
  /** The number of terms that began. */
  terms = 0;
  /** Commands of the nodes to the store. */
  commands = 0;
  readonly #sending: Sending;
  readonly #random: () => number;
  readonly #recording = recordingPublisher();
  readonly #outbox: ReturnType<typeof dummyPublisher>;
  readonly #lostQueue: Sent[] = [];
  /** Nodes without hints, by their stores. */
  readonly #dead = new Set<DummyStore>();
  #lease: Lease | null = null;
  #next: { readonly at: number; readonly action: () => Promise<void> } | null = null;

  /** `random`: of the nodes' jitter. */
  constructor(sending: Sending, random: () => number) {
    this.#sending = sending;
    this.#random = random;
    this.#hand = this.#connect();
    this.#outbox = dummyPublisher({ name: this.#name, clock: this.clock });
    this.client = createClient({ store: this.#connect(), clock: this.clock });
  }

  #connect(): DummyStore {
    return dummyStore({ name: this.#name, clock: this.clock });
  }

  /** Runs `action` in the middle of the nodes' work: before their next command but `after`. */
  beforeCommand(after: number, action: () => Promise<void>): void {
    this.#next = { at: this.commands + after, action };
  }

  async #onCommand(): Promise<void> {
    const next = this.#next;
    if (++this.commands !== next?.at) return;
    this.#next = null;
    await next.action();
  }

  /** `replaceSchedule`: as the option of a beat. */
  async start(replaceSchedule = false): Promise<void> {
    const clock = new NodeClock(this.clock, 0);
    const store = this.#connect();
    const beat = createBeat({
      ...this.#senderOptions(),
      store: this.#watched(store),
      clock,
      schedule: CONFIGURATION,
      replaceSchedule,
      random: this.#random,
      logger: this.#logger(),
    });
    beat.on("leader", () => this.terms++);
    beat.on("error", (error) => this.errors.push(error));
    this.nodes.push({ beat, clock, store });
    await beat.start();
  }

  #senderOptions(): Pick<BeatOptions, "publisher" | "delivery"> {
    if (this.#sending === "in one step") return { publisher: this.#outbox };
    return { publisher: this.#recording, delivery: this.#sending };
  }

  #logger(): Logger {
    const note = (_fields: object, message: string): void => void this.lines.push(message);
    return { debug: () => undefined, info: () => undefined, warn: note, error: note };
  }

  /** Counts commands, and knows the lease of the leader. */
  #watched(store: DummyStore): DummyStore {
    const counted = <A extends unknown[], R>(command: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        await this.#onCommand();
        return command(...args);
      };
    };
    return {
      ...store,
      getRevision: counted(store.getRevision),
      getSchedule: counted(store.getSchedule),
      setSchedule: counted(store.setSchedule),
      advance: counted(store.advance),
      watch: (onHint) => store.watch(() => (this.#dead.has(store) ? undefined : onHint())),
      acquireLock: async (request) => {
        await this.#onCommand();
        const answer = await store.acquireLock(request);
        if (isLease(answer)) this.#lease = answer;
        return answer;
      },
    };
  }

  /** All that was ever sent, with messages that a wiped queue has lost. */
  get sent(): readonly Sent[] {
    return this.#sending === "in one step"
      ? [...this.#lostQueue, ...this.#outbox.messages()]
      : this.#recording.messages;
  }

  /** The first node never does anything again, and its lease has run out. */
  kill(): void {
    const { clock, store } = this.nodes[0]!;
    clock.freeze(1e12);
    this.#dead.add(store);
    this.#hand.expireLock();
  }

  wipe(): void {
    this.#lostQueue.push(...this.#outbox.messages());
    this.#hand.wipe();
  }

  /** Writes the damaged texts, under the leader's lease or, if there is none, under one of its own. */
  async damage(damages: readonly Damage[]): Promise<void> {
    for (const damage of damages) await this.#writeDefinition(damage);
    const cursors = damages.filter(({ cursor }) => cursor !== undefined);
    if (cursors.length === 0) return;
    const own = { token: "hand", ttlMs: 1_000, label: "hand" };
    const answer = await this.#hand.acquireLock(own);
    const lease = isLease(answer) ? answer : this.#lease!;
    for (const damage of cursors) await this.#writeCursor(damage, lease);
    if (isLease(answer)) await this.#hand.releaseLock(answer);
  }

  /** As an operator does who has undone an upgrade. */
  async removeClusterRecord(): Promise<void> {
    const stored = await this.stored(CLUSTER_RECORD);
    if (!stored) return;
    await this.#hand.setSchedule([{ name: CLUSTER_RECORD, definition: null, expectedRevision: stored.revision }]);
  }

  async #writeDefinition({ name, record, definition }: Damage): Promise<void> {
    const stored = await this.stored(name);
    const text = definition ?? (stored ? undefined : validDefinition(() => 0, record));
    if (text === undefined) return;
    await this.#hand.setSchedule([{ name, definition: text, expectedRevision: stored?.revision ?? null }]);
  }

  async #writeCursor({ name, cursor }: Damage, lease: Lease): Promise<void> {
    const move = { name, to: cursor!, definitionRevision: null, dueAt: 0 };
    // The leader may move the cursor at the same time, or remove the record.
    for (let tries = 0; tries < 5; tries++) {
      const from = (await this.stored(name))?.cursor ?? null;
      const [result] = await this.#hand.advance(lease, [{ ...move, from }]);
      if (result!.status !== "moved") return;
    }
    throw new Error(`the cursor of ${JSON.stringify(name)} moved five times`);
  }

  async stored(name: string): Promise<StoredEntry | undefined> {
    for await (const batch of (await this.#hand.getSchedule()).batches) {
      const found = batch.find((entry) => entry.name === name);
      if (found) return found;
    }
    return undefined;
  }

  /** The result of `call`, or `undefined` if it has not ended after 30 s. */
  async ended<T>(call: Promise<T>): Promise<{ readonly value?: T; readonly error?: Error } | undefined> {
    let result: { value?: T; error?: Error } | undefined;
    call.then(
      (value) => (result = { value }),
      (error: Error) => (result = { error }),
    );
    for (let tries = 0; tries < 3_000 && result === undefined; tries++) await this.clock.advance(tries === 0 ? 0 : 10);
    return result;
  }

  async end(): Promise<void> {
    for (const { beat, clock } of this.nodes) if (clock.monotonicMs() >= 0) void beat.stop();
    await this.clock.advance(1_000);
    resetDummy(this.#name);
  }
}
