import { BeatxError, type Client, type EntryView } from "@beatx/core";
import type { LostEdit, MissedPolicy, Request, Version } from "../checker/record.js";
import { pause } from "../faults/pause.js";
import type { Random } from "../faults/random.js";
import { entryOf, type Plan, plansOf } from "./configuration.js";

const EDITED = ["edited-1", "edited-2", "edited-3", "edited-4"];
const AGAIN_AFTER_MS = 300;
/** No fault lasts that long. */
const GIVE_UP_AFTER_MS = 120_000;

/** What an entry is, as far as the editor knows. */
interface State {
  readonly plan: Plan;
  readonly presence: "active" | "paused" | "removed";
}

/** A client that edits entries all the while, and keeps what it was told. */
export class Editor {
  readonly versions: Version[] = [];
  readonly requests: Request[] = [];
  readonly lostEdits: LostEdit[] = [];
  readonly #client: Client;
  readonly #random: Random;
  readonly #states = new Map<string, State>();
  #lastSeenAt = Date.now();
  #held = 0;
  #isOpen = true;
  #inTurn: Promise<unknown> = Promise.resolve();

  constructor(client: Client, random: Random) {
    this.#client = client;
    this.#random = random;
  }

  /** Writes the first entries, and resolves when the configuration is stored too. */
  async begin(): Promise<void> {
    const from = Date.now();
    for (const name of EDITED) await this.#retry(() => this.#client.put(name, entryOf(this.#draw())));
    await this.#retry(async () => {
      const names = new Set((await this.#client.list()).map(({ name }) => name));
      if (Object.keys(plansOf(1)).some((name) => !names.has(name))) throw new Error("not merged yet");
    });
    for (const view of await this.#list()) this.#note(view.name, stateOf(view), from, Date.now(), "start");
    this.#lastSeenAt = Date.now();
  }

  /** Edits until it is ended. */
  async run(): Promise<void> {
    while (this.#isOpen) {
      await pause(this.#random.between(500, 1_500));
      if (this.#held === 0 && this.#isOpen) await this.#takeTurn(() => this.#edit());
    }
  }

  async end(): Promise<void> {
    this.#isOpen = false;
    await this.#inTurn;
  }

  /** Resolves when no edit is under way. None begins until `look`. */
  async hold(): Promise<void> {
    this.#held++;
    await this.#inTurn;
  }

  /** The nodes get another version of the configuration from now on. */
  expectConfiguration(version: number): void {
    for (const [name, plan] of Object.entries(plansOf(version))) {
      if (this.#states.get(name)?.plan.everyMs === plan.everyMs) continue;
      this.#states.set(name, { plan, presence: "active" });
      this.versions.push({ ...versionOf(name, this.#states.get(name)!, Date.now(), null), because: "rolling-restart" });
    }
  }

  /**
   * Reads what is stored and compares it with what was acknowledged. `lostSince`: data may have been lost since then, by
   * the fault `lostBy`; then what is stored counts from now on.
   */
  look(lost?: { readonly since: number; readonly by: string }): Promise<void> {
    return this.#takeTurn(async () => {
      const stored = new Map((await this.#list()).map((view) => [view.name, stateOf(view)]));
      for (const [name, state] of this.#states) {
        const found = stored.get(name) ?? { ...state, presence: "removed" as const };
        const isSame = describe(found) === describe(state);
        if (lost) this.#note(name, found, lost.since, Date.now(), `restored after ${lost.by}`);
        else if (!isSame) {
          this.lostEdits.push({ entry: name, seenAt: Date.now(), expected: describe(state), found: describe(found) });
          this.#note(name, found, this.#lastSeenAt, Date.now(), "lost");
        } else if (this.versions.findLast(({ entry }) => entry === name)?.certainFrom === null) {
          this.#note(name, found, Date.now(), Date.now(), "merged");
        }
      }
      this.#lastSeenAt = Date.now();
      this.#held = 0;
    });
  }

  #takeTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#inTurn.then(action);
    this.#inTurn = turn.catch(() => undefined);
    return turn;
  }

  async #edit(): Promise<void> {
    const name = this.#random.pick(EDITED);
    const state = this.#states.get(name)!;
    const kinds =
      state.presence === "removed"
        ? ["put"]
        : ["put", "remove", "run", state.presence === "paused" ? "resume" : "pause"];
    const kind = this.#random.pick(kinds);
    if (kind === "run") return this.#request(this.#random.next() < 0.5 ? name : "steady-2");
    const plan = kind === "put" ? this.#draw() : state.plan;
    const presence = presenceAfter(kind, state.presence);
    const from = Date.now();
    try {
      await this.#send(kind, name, plan);
      this.#note(name, { plan, presence }, from, Date.now(), kind);
    } catch {
      this.versions.push({ ...versionOf(name, { plan, presence }, from, null), because: `${kind} without an answer` });
      await this.#read(name, from);
    }
  }

  async #send(kind: string, name: string, plan: Plan): Promise<void> {
    if (kind === "put") await this.#client.put(name, entryOf(plan));
    else if (kind === "remove") await this.#client.remove(name);
    else if (kind === "pause") await this.#client.pause(name);
    else await this.#client.resume(name);
  }

  async #request(entry: string): Promise<void> {
    const sentAt = Date.now();
    const answer = await this.#client.runNow(entry).catch(() => null);
    this.requests.push({ entry, id: answer?.id ?? null, sentAt, answeredAt: Date.now() });
  }

  /** After an edit without an answer: what the store says twice, some time apart, counts. */
  async #read(name: string, from: number): Promise<void> {
    for (let last = ""; ;) {
      const view = await this.#retry(() => this.#client.get(name));
      const state = view ? stateOf(view) : { ...this.#states.get(name)!, presence: "removed" as const };
      if (describe(state) === last) return this.#note(name, state, from, Date.now(), "an edit without an answer");
      last = describe(state);
      await pause(2 * AGAIN_AFTER_MS);
    }
  }

  #note(name: string, state: State, from: number, certainFrom: number, because: string): void {
    this.#states.set(name, state);
    this.versions.push({ ...versionOf(name, state, from, certainFrom), because });
  }

  #draw(): Plan {
    return {
      everyMs: this.#random.between(1, 4) * 1_000,
      missed: this.#random.pick<MissedPolicy>(["all", "all", "latest"]),
    };
  }

  #list(): Promise<EntryView[]> {
    return this.#retry(() => this.#client.list());
  }

  async #retry<T>(action: () => Promise<T>): Promise<T> {
    for (const end = Date.now() + GIVE_UP_AFTER_MS; ;) {
      try {
        return await action();
      } catch (error) {
        if (Date.now() > end || BeatxError.hasCode(error, "CONFIG")) throw error;
        await pause(AGAIN_AFTER_MS);
      }
    }
  }
}

/** A paused entry that is written anew stays paused. */
function presenceAfter(kind: string, before: State["presence"]): State["presence"] {
  if (kind === "remove") return "removed";
  return kind === "pause" || (kind === "put" && before === "paused") ? "paused" : "active";
}

function stateOf({ entry, active }: EntryView): State {
  const { schedule, missed = "latest" } = entry as { schedule: { everyMs: number }; missed?: MissedPolicy };
  return { plan: { everyMs: schedule.everyMs, missed }, presence: active ? "active" : "paused" };
}

function describe({ plan, presence }: State): string {
  return presence === "removed" ? "removed" : `${presence}, every ${plan.everyMs / 1_000} s, ${plan.missed}`;
}

function versionOf(
  entry: string,
  { plan, presence }: State,
  from: number,
  certainFrom: number | null,
): Omit<Version, "because"> {
  return { entry, from, certainFrom, everyMs: presence === "active" ? plan.everyMs : null, missed: plan.missed };
}
