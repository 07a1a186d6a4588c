import { configuredOf } from "../entry/overridden.js";
import { type MergeInput, needsMerge } from "./merge-configuration.js";

/** If more definitions have changed, all are looked at. */
const MOST_NAMES = 10_000;

/**
 * Knows on a standby which entries a merge of the configuration would change, so that its take-over looks at these and at no
 * others (R30). Each definition is looked at once after it was read.
 */
export class MergePlan {
  /** `false`: only a look at all entries tells. */
  #isComplete = false;
  /** Names whose definitions were read since they were looked at. */
  readonly #unseen = new Set<string>();
  /** Names that a merge would change. */
  readonly #needed = new Set<string>();
  /** Entries that a client edited and that differ from the configuration. */
  readonly #overridden = new Set<string>();

  /** A definition was read anew, or is gone. */
  note(name: string): void {
    if (!this.#isComplete) return;
    this.#unseen.add(name);
    if (this.#unseen.size > MOST_NAMES) this.#isComplete = false;
  }

  /** What a merge has to look at; `null`: all entries. */
  get names(): ReadonlySet<string> | null {
    return this.#isComplete ? new Set([...this.#needed, ...this.#unseen]) : null;
  }

  /** The names of edited entries that differ from the configuration, apart from `names`. */
  get overridden(): ReadonlySet<string> {
    return this.#overridden;
  }

  /** Looks at what has changed. Yields after each name, so that the caller can pause or end it. */
  *review(input: ReviewInput): Generator<void> {
    if (input.config === null) {
      // A merge without a configuration changes no entry.
      this.#unseen.clear();
      this.#isComplete = true;
      return;
    }
    if (!this.#isComplete) yield* this.#reviewAll(input, input.config);
    for (const name of this.#unseen) {
      this.#unseen.delete(name);
      this.#look(name, input);
      yield;
    }
  }

  *#reviewAll(input: ReviewInput, config: Pick<ReadonlySet<string>, "has" | "keys">): Generator<void> {
    for (const names of [this.#unseen, this.#needed, this.#overridden]) names.clear();
    for (const name of config.keys()) {
      this.#look(name, input);
      yield;
    }
    for (const name of input.timetable.entries.keys()) {
      if (!config.has(name)) this.#look(name, input);
      yield;
    }
    this.#isComplete = true;
  }

  #look(name: string, input: ReviewInput): void {
    put(this.#needed, name, needsMerge(name, input));
    const definition = input.timetable.entries.get(name)?.definition;
    put(this.#overridden, name, definition?.kind === "entry" && configuredOf(definition) !== null);
  }
}

type ReviewInput = Pick<MergeInput, "timetable" | "config" | "now">;

function put(names: Set<string>, name: string, isIn: boolean): void {
  if (isIn) names.add(name);
  else names.delete(name);
}
