/** Two nodes and a client on a namespace of a real store whose data is damaged while they run. */

import { setTimeout as pass } from "node:timers/promises";
import {
  type Beat,
  type Client,
  createBeat,
  createClient,
  type EntryInput,
  type Message,
  type Store,
} from "@beatx/core";
import { recordingPublisher } from "@beatx/core/testing";

import type { Random, Way } from "./damage-store.js";

/** Never damaged. Their rules are anchored, so each of their instants is known. */
const HEALTHY: Readonly<Record<string, number>> = { fast: 500, slow: 1_300 };

const schedule: Readonly<Record<string, EntryInput>> = {
  fast: { task: "t", schedule: "500ms", missed: "all", maxCatchUp: 1_000 },
  slow: { task: "t", schedule: "1300ms", missed: "all", maxCatchUp: 1_000 },
  damaged: { task: "t", schedule: "700ms" },
};

const TIMING = { lockTtlMs: 3_000, standbyPollMs: 250, maxLoopIntervalMs: 250 };

/** Healthy entries are watched for this time after the damage, by their instants. */
const LIVES_ON_MS = 2_500;
/** The wait for an event that must come. Only a fault reaches it. */
const PATIENCE_MS = 60_000;
const LONGEST_MESSAGE = 1_000;
const MOST_LINES = 60;

export interface NamespaceReport {
  readonly problems: readonly string[];
  readonly expected: number;
  readonly sent: number;
  readonly copies: number;
}

export class DamagedNamespace {
  readonly #open: () => Store | Promise<Store>;
  readonly #publisher = recordingPublisher();
  readonly #lines: string[] = [];
  readonly #problems: string[] = [];
  readonly #beats: Beat[] = [];
  readonly #stores: Store[] = [];
  #terms = 0;
  #wayOut: Way["wayOut"];

  constructor(open: () => Store | Promise<Store>) {
    this.#open = open;
  }

  /** Runs two nodes, damages what is stored, and checks what must hold. `log`: called with what was damaged. */
  async play(way: Way, random: Random, log: (what: string) => void): Promise<NamespaceReport> {
    try {
      for (let count = 0; count < 2; count++) await this.#start();
      // Before an entry is sent again, its cursor is stored.
      await this.#until("the first runs", () => ["fast", "damaged"].every((name) => this.#sent(name).length > 1));
      log(await way.damage(random));
      const damagedAt = Date.now();
      if (random() < 0.4) await this.#stopLeader();
      this.#wayOut = way.wayOut;
      await this.#until("runs after the damage", () => {
        return Object.keys(HEALTHY).every((name) => this.#newest(name) > damagedAt + LIVES_ON_MS);
      });
      const expected = this.#checkRuns(way.loses ?? false);
      this.#checkLog();
      await this.#checkClientAndAct();
      return this.#report(expected);
    } catch (error) {
      this.#problems.push(String(error));
      return this.#report(0);
    } finally {
      await this.#end();
    }
  }

  /** An edit may be the first to meet the damage: then its error asks for the operator. */
  async #checkClientAndAct(): Promise<void> {
    try {
      await this.#checkClient();
    } catch (error) {
      if (!(await this.#actIfNamed(String(error)))) throw error;
      await this.#checkClient();
    }
  }

  /** If a text names the key that stops all work, an operator acts, once. */
  async #actIfNamed(...texts: readonly string[]): Promise<boolean> {
    const wayOut = this.#wayOut;
    if (!wayOut || !texts.some((text) => text.includes(wayOut.names))) return false;
    this.#wayOut = undefined;
    await wayOut.act();
    return true;
  }

  async #store(): Promise<Store> {
    const store = await this.#open();
    this.#stores.push(store);
    return store;
  }

  async #start(): Promise<void> {
    const note = (_fields: object, message: string): void => void this.#lines.push(message);
    const logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
    const beat = createBeat({ store: await this.#store(), publisher: this.#publisher, schedule, logger, ...TIMING });
    beat.on("leader", () => this.#terms++);
    this.#beats.push(beat);
    await beat.start();
  }

  /** The first node led, unless the machine was slow: then a standby stops, which is fine, too. */
  async #stopLeader(): Promise<void> {
    await pass(300);
    await this.#beats.shift()!.stop();
  }

  #sent(entry: string): Message[] {
    return this.#publisher.messages.filter((message) => message.entry === entry);
  }

  #newest(entry: string): number {
    return this.#publisher.messages.findLast((message) => message.entry === entry)?.scheduledAt ?? 0;
  }

  /** Healthy entries lose no run; without a change of the leader they get no copy. */
  #checkRuns(mayLose: boolean): number {
    let expected = 0;
    for (const [name, periodMs] of Object.entries(HEALTHY)) {
      const instants = this.#sent(name).map(({ scheduledAt }) => scheduledAt);
      const known = new Set(instants);
      const last = Math.max(...instants);
      let lost = 0;
      for (let at = instants[0]!; at <= last; at += periodMs) {
        expected++;
        if (!known.has(at)) lost++;
      }
      if (lost > 0 && !mayLose) this.#problems.push(`${name}: ${lost} runs lost`);
      if (instants.length > known.size && this.#terms === 1 && !mayLose && !this.#hasLostData()) {
        const lines = this.#lines.slice(-5).map((line) => line.slice(0, 300));
        const copies = `${name}: ${instants.length - known.size} copies under one leader`;
        this.#problems.push(`${copies}; last log lines: ${lines.join(" | ")}`);
      }
    }
    return expected;
  }

  /** A store whose data was lost or replaced may show older cursors: then copies are allowed (R32, R33). */
  #hasLostData(): boolean {
    return this.#lines.some((line) => /older state|has lost the schedule|had lost its data|have changed/.test(line));
  }

  #checkLog(): void {
    const long = this.#lines.find(({ length }) => length > LONGEST_MESSAGE);
    if (long !== undefined) this.#problems.push(`a log line of ${long.length} characters: ${long.slice(0, 200)}`);
    if (this.#lines.length > MOST_LINES) {
      this.#problems.push(`${this.#lines.length} log lines, the last: ${this.#lines.at(-1)!.slice(0, 200)}`);
    }
  }

  /** The client reads and edits, and what is broken can be repaired. */
  async #checkClient(): Promise<void> {
    const client = createClient({ store: await this.#store(), commandTimeoutMs: 5_000 });
    await this.#until("the client's status", async () => (await client.status()).leader !== null);
    await client.list();
    await client.put("new", { task: "t", schedule: "300ms" });
    await this.#repair(client);
    const repairedAt = Date.now();
    await this.#until("runs of the repaired and the new entry", () => {
      return this.#newest("damaged") > repairedAt && this.#newest("new") > repairedAt;
    });
    await client.remove("new");
    const broken = (await client.status()).broken.filter(({ name }) => !isShortened(name));
    if (broken.length > 0)
      this.#problems.push(`still broken: ${broken.map(({ message }) => message.slice(0, 300)).join("; ")}`);
  }

  async #repair(client: Client): Promise<void> {
    for (const { name } of (await client.status()).broken) {
      if (isShortened(name)) continue;
      if (name === "damaged") await client.put(name, { task: "t", schedule: "700ms" });
      else await client.remove(name);
    }
    // Gone, if its definition was deleted: the next leader would add it again.
    if ((await client.get("damaged")) === null) await client.put("damaged", { task: "t", schedule: "700ms" });
  }

  async #until(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (performance.now() < end) {
      if (await test()) return;
      await this.#actIfNamed(...this.#lines);
      await pass(20);
    }
    const last = this.#lines.slice(-3).map((line) => line.slice(0, 300));
    throw new Error(`waited ${PATIENCE_MS} ms in vain for ${what}; last log lines: ${last.join(" | ")}`);
  }

  #report(expected: number): NamespaceReport {
    const { messages } = this.#publisher;
    const ids = new Set(messages.map(({ id }) => id));
    return { problems: this.#problems, expected, sent: messages.length, copies: messages.length - ids.size };
  }

  async #end(): Promise<void> {
    await Promise.allSettled(this.#beats.map((beat) => beat.stop()));
    await Promise.allSettled(this.#stores.map((store) => store.close()));
  }
}

/** A store shows a name that is far too long for an entry in a shortened form, which no client can edit. */
function isShortened(name: string): boolean {
  return /^\(.*\d+ bytes\)/.test(name);
}
