import type { StoredEntry } from "@beatx/core/adapter";

import { factsIn } from "../world/schedule.js";
import type { Circumstances } from "./judge-base.js";
import type { QueueJudge } from "./queue-judge.js";
import { readDefinition } from "./stored-facts.js";

/** An entry as its clients know it. */
export type EditState = "absent" | `${number} active` | `${number} paused`;

/** What an edit makes of a state; `null`: it is refused. */
export type EditEffect = (state: EditState) => EditState | null;

interface RequestedRun {
  /** As the judge of the queue names it. */
  readonly run: string;
  readonly entry: string;
  readonly at: number;
}

/** Judges whether edits that were acknowledged are kept (R28, R30). */
export class EditJudge {
  readonly #world: Circumstances;
  readonly #queue: QueueJudge;
  /** What each entry may be: more than one state after an edit without an answer. */
  readonly #possible = new Map<string, Set<EditState>>();
  /** When the removal of an entry was acknowledged, ms since the beginning. */
  readonly #removedAt = new Map<string, number>();
  #runs: RequestedRun[] = [];
  /** The last quiet time, ms since the beginning. */
  #checkedAt = -Infinity;
  acknowledged = 0;

  constructor(world: Circumstances, queue: QueueJudge) {
    this.#world = world;
    this.#queue = queue;
  }

  /** `isDone`: it was acknowledged. Otherwise nobody knows. */
  onEdit(name: string, effect: EditEffect, isDone: boolean): void {
    const before = this.#possible.get(name) ?? new Set<EditState>(["absent"]);
    const after = [...before].map(effect).filter((state) => state !== null);
    if (isDone) this.acknowledged++;
    if (isDone && after.length > 0 && after.every((state) => state === "absent"))
      this.#removedAt.set(name, this.#world.nowMs);
    else this.#removedAt.delete(name);
    // After a loss a client may still know an entry that the store no longer has.
    const isKnown = isDone && after.length > 0;
    this.#possible.set(name, new Set(isKnown ? after : [...before, ...after]));
  }

  /** It is certain that no such entry is stored: its removal was acknowledged, and nothing was lost since. */
  isRemoved(name: string): boolean {
    return this.#world.lostAt < (this.#removedAt.get(name) ?? -Infinity);
  }

  onRun(run: string, entry: string): void {
    this.#runs.push({ run, entry, at: this.#world.nowMs });
  }

  /** An edit that takes requested runs of the entry along. */
  onRemove(entry: string): void {
    this.#runs = this.#runs.filter((run) => run.entry !== entry);
  }

  /** After a quiet time: what the store holds now is what was acknowledged, and requested runs have been sent. */
  onQuiet(entries: readonly StoredEntry[], sinceMs: number): void {
    const stored = new Map(entries.map((entry) => [entry.name, stateOf(entry)]));
    for (const [name, possible] of this.#possible) {
      const state = stored.get(name) ?? "absent";
      // What the store lost may be lost with it; what is there now is what counts from here on.
      const mayBeLost = this.#world.lostAt > -Infinity && this.#world.lostAt >= this.#checkedAt;
      if (!mayBeLost && !possible.has(state)) {
        const expected = [...possible].join(" or ");
        this.#world.violate("edit lost", `${name} is ${state} in the store, and was acknowledged as ${expected}`);
      }
      this.#possible.set(name, new Set([state]));
    }
    this.#checkedAt = this.#world.nowMs;
    this.#judgeRuns(sinceMs);
  }

  #judgeRuns(sinceMs: number): void {
    const { world, lostAt } = this.#world;
    const judged = this.#runs.filter(({ at }) => at < sinceMs && at > lostAt);
    this.#runs = this.#runs.filter(({ at }) => at >= sinceMs);
    if (world.delivery === "at-most-once") return;
    for (const { run, entry } of judged) {
      if (!this.#queue.hasRun(run)) this.#world.violate("run lost", `${run} of ${entry} was requested, and never came`);
    }
  }
}

function stateOf({ definition }: StoredEntry): EditState {
  const facts = definition === null ? null : readDefinition(definition);
  if (!facts) return "absent";
  return `${factsIn(facts.args).version} ${facts.paused ? "paused" : "active"}`;
}
