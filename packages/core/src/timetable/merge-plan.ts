import { configuredOf } from "../entry/overridden.js";
import { isOwnedBy } from "./configured-entries.js";
import { needsMerge, type ReconcileInput } from "./reconcile.js";

/** If more definitions have changed, all are looked at. */
const MOST_NAMES = 10_000;

/**
 * Knows which entries a merge of the configuration would change: on a standby, so that its take-over looks at these and at no
 * others (R30), and on every node of an application, which writes them (R47). Each definition is looked at once after it was
 * read.
 */
export class MergePlan {
  /** `false`: only a look at all entries tells. */
  #isComplete = false;
  /** A look at all entries is under way. */
  #isReviewing = false;
  /** Names whose definitions were read since they were looked at. */
  readonly #unseen = new Set<string>();
  /** Names that a merge would change. */
  readonly #needed = new Set<string>();
  /** Entries that a client edited and that differ from the configuration. */
  readonly #overridden = new Set<string>();

  /** A definition was read anew, or is gone. */
  note(name: string): void {
    if (!this.#isComplete && !this.#isReviewing) return;
    this.#unseen.add(name);
    if (this.#unseen.size > MOST_NAMES) this.forget();
  }

  /** Nothing is known any more: all entries are looked at again. */
  forget(): void {
    this.#isComplete = false;
    this.#isReviewing = false;
  }

  /**
   * The names that a merge would change, of those that were looked at. They are then left to the caller, and come again when
   * their definitions change. `null`: not all entries were looked at.
   */
  take(): ReadonlySet<string> | null {
    if (!this.#isComplete) return null;
    const names = new Set(this.#needed);
    this.#needed.clear();
    return names;
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
    this.#isReviewing = true;
    for (const name of config.keys()) {
      this.#look(name, input);
      yield;
    }
    for (const name of input.timetable.entries.keys()) {
      if (!config.has(name)) this.#look(name, input);
      yield;
    }
    this.#isComplete = this.#isReviewing;
    this.#isReviewing = false;
  }

  #look(name: string, input: ReviewInput): void {
    put(this.#needed, name, needsMerge(name, input));
    const definition = input.timetable.entries.get(name)?.definition;
    const isOverridden = definition?.kind === "entry" && configuredOf(definition) !== null;
    put(this.#overridden, name, isOverridden && isOwnedBy(input.app, definition));
  }
}

type ReviewInput = Omit<ReconcileInput, "replaces">;

function put(names: Set<string>, name: string, isIn: boolean): void {
  if (isIn) names.add(name);
  else names.delete(name);
}
