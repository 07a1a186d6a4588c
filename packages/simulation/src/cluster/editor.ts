import { BeatxError, type Client, createClient } from "@beatx/core";
import type { Store, StoredEntry } from "@beatx/core/adapter";

import type { Edit, EditKind } from "../faults/step.js";
import type { EditEffect } from "../judge/edit-judge.js";
import { backfilledRun, requestedRun } from "../judge/queue-judge.js";
import type { Judge } from "../judge/judge.js";
import type { Circumstances } from "../judge/judge-base.js";
import { type Process, START } from "../world/machine.js";
import { entryOf, isOfConfiguration } from "../world/schedule.js";

const EFFECTS: Readonly<Record<Exclude<EditKind, "put" | "once">, EditEffect>> = {
  pause: (state) => (state === "absent" ? null : (state.replace("active", "paused") as typeof state)),
  resume: (state) => (state === "absent" ? null : (state.replace("paused", "active") as typeof state)),
  remove: (state) => (state === "absent" ? null : "absent"),
  run: (state) => (state === "absent" ? null : state),
  backfill: (state) => (state === "absent" ? null : state),
  reset: (state) => (state === "absent" ? null : state),
};

/** The length of the range of one backfill, in ms: it has an instant of every rule. */
const BACKFILLED_MS = 12_000;

/** A pause for this long ends by itself; a shorter one has to be resumed. */
const ENDS_BY_ITSELF_MS = 5_000;

/** A client that edits the schedule, one edit after the other, and remembers what was acknowledged. */
export class Editor {
  readonly #process: Process;
  readonly #store: Store;
  readonly #client: Client;
  readonly #judge: Judge;
  readonly #circumstances: Circumstances;
  #isBusy = false;
  #versions = 100;

  constructor(process: Process, store: Store, judge: Judge, circumstances: Circumstances) {
    this.#process = process;
    this.#store = store;
    this.#client = createClient({ store, clock: process, commandTimeoutMs: circumstances.world.commandTimeoutMs });
    this.#judge = judge;
    this.#circumstances = circumstances;
  }

  /** Does nothing while the edit before has not ended. Answers whether it began. */
  edit(edit: Edit): boolean {
    if (this.#isBusy) return false;
    this.#isBusy = true;
    this.#circumstances.tell(() => `a client begins: ${edit.kind} ${edit.name}`);
    void this.#carryOut(edit)
      .catch((error: Error) => this.#circumstances.timeline.fail(error))
      .finally(() => (this.#isBusy = false));
    return true;
  }

  /** All that the store holds. A connection that a restart of the server has broken is opened again. */
  async read(triesLeft = 3): Promise<StoredEntry[]> {
    try {
      const entries: StoredEntry[] = [];
      for await (const batch of (await this.#store.getSchedule()).batches) entries.push(...batch);
      return entries;
    } catch (error) {
      if (triesLeft === 0) throw error;
      return this.read(triesLeft - 1);
    }
  }

  async #carryOut(edit: Edit): Promise<void> {
    const version = ++this.#versions;
    const effect = this.#effectOf(edit, version);
    const { edits } = this.#judge;
    const { name, kind } = edit;
    const isOfClient = !isOfConfiguration(name) && kind !== "once";
    if (kind === "remove") {
      edits.onRemove(name);
      this.#judge.stored.onRemoval(name, this.#circumstances.nowMs);
    }
    if (kind === "reset") this.#judge.stored.onReset(name, this.#circumstances.nowMs);
    try {
      await this.#ask(edit, version);
      this.#circumstances.tell(() => `${kind} ${name} is acknowledged`);
      if (isOfClient) edits.onEdit(name, effect, true);
    } catch (error) {
      this.#circumstances.tell(() => `${kind} ${name} fails: ${(error as Error).message}`);
      if (isRefusal(kind, error)) return;
      if (isOfClient) edits.onEdit(name, effect, false);
    }
  }

  #effectOf({ kind, name, periodMs }: Edit, version: number): EditEffect {
    // The judge takes it for an entry that begins at the end of the pause.
    if (kind === "pause" && periodMs >= ENDS_BY_ITSELF_MS) return EFFECTS.resume;
    if (kind !== "put" && kind !== "once") return EFFECTS[kind];
    this.#judge.stored.onVersion(name, version, this.#circumstances.nowMs);
    return (state) => (state.endsWith("paused") ? `${version} paused` : `${version} active`);
  }

  async #ask({ kind, name, periodMs, missed }: Edit, version: number): Promise<void> {
    const client = this.#client;
    switch (kind) {
      case "put":
        // Created by a client, it would be no sign of whose the schedule is: all nodes might find it foreign (R43).
        if (isOfConfiguration(name) && (await client.get(name)) === null) return;
        return void (await client.put(name, entryOf({ periodMs, version }, 0, { missed, maxCatchUp: 10_000 })));
      case "once": {
        const at = this.#process.now() + periodMs;
        const facts = { periodMs: 0, version };
        return void (await client.put(name, entryOf(facts, at, { missed: "all", whenDone: "remove" })));
      }
      case "run": {
        const { id } = await client.runNow(name);
        return this.#judge.edits.onRun(requestedRun(id), name);
      }
      case "backfill": {
        // Each has a range of its own, long before the beginning.
        const from = START - BACKFILLED_MS * version;
        const range = { from, to: from + BACKFILLED_MS - 1, maxPerSecond: 20 };
        const { first, last } = await client.backfill(name, range);
        for (const instant of [first, last]) {
          if (instant !== null) this.#judge.edits.onRun(backfilledRun(name, instant), name);
        }
        return;
      }
      case "pause": {
        const until = periodMs >= ENDS_BY_ITSELF_MS ? this.#process.now() + periodMs : null;
        return void (await client.pause(name, { until: until === null ? null : Math.trunc(until) }));
      }
      case "resume":
      case "remove":
      case "reset":
        await client[kind](name);
    }
  }
}

/** The client says that nothing was written. A removal makes two writes, and says so if only the second was refused. */
function isRefusal(kind: EditKind, error: unknown): boolean {
  if (!BeatxError.isInstance(error) || error.code === "STORE") return false;
  return kind !== "remove" || !error.message.includes(" is removed, but ");
}
