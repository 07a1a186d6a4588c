import type { Clock } from "../base/clock.js";
import { describe, namesIn, showName } from "../base/describe.js";
import { BeatxError } from "../base/errors.js";
import type { Message } from "../contract/publisher.js";
import type { RunReport } from "../publisher/handler-runs.js";
import type { BeatEmitter, GaveUp, MissedReason } from "./events.js";
import type { Logger } from "./logger.js";

/** Failed runs and old claims that are logged one by one between two calls of `flush`; the others are counted. */
const LOGGED_AT_ONCE = 5;
/** Entries that went back are logged at most this often, because each batch and each term may find some. */
const WENT_BACK_EVERY_MS = 3_000;
/** Overlaps are as planned, and may come with each instant of an entry: logged at most this often. */
const OVERLAPS_EVERY_MS = 60_000;

/** Collects what happens to single entries: between two calls of `flush`, any number of them makes a few lines. */
export class EntryLog {
  readonly #emitter: BeatEmitter;
  readonly #logger: Logger;
  readonly #clock: Clock;
  /** Entries whose failure was logged, until they get through or are removed, or the term ends. */
  readonly #failing = new Set<string>();
  readonly #failed = new Map<string, unknown>();
  /** Counts of missed occurrences, by reason and entry. */
  readonly #missed: Readonly<Record<MissedReason, Map<string, number>>> = {
    policy: new Map(),
    passed: new Map(),
    overlap: new Map(),
    "gave-up": new Map(),
  };
  /** The entries of old claims and failed runs, logged or not. */
  readonly #openClaims: string[] = [];
  readonly #failedRuns: string[] = [];
  /** The number of entries that went back and are not logged yet, and when they may be, monotonic ms. */
  #wentBack = 0;
  #logWentBackAt = 0;
  #gaveUp: GaveUp | null = null;
  /** When overlaps may be logged, monotonic ms. */
  #logOverlapsAt = 0;

  constructor(emitter: BeatEmitter, logger: Logger, clock: Clock) {
    this.#emitter = emitter;
    this.#logger = logger;
    this.#clock = clock;
  }

  failed(entry: string, error: unknown): void {
    this.#failed.set(entry, error);
  }

  /** The entry went out or was removed. */
  gotThrough(entry: string): void {
    this.#failing.delete(entry);
  }

  /** Failures of the next term are logged anew. */
  termEnded(): void {
    this.#failing.clear();
  }

  /** `count`: entries whose stored cursor is older than the one in memory (R32). */
  wentBack(count: number): void {
    this.#wentBack += count;
  }

  missed(reason: MissedReason, entry: string, count: number): void {
    this.#missed[reason].set(entry, (this.#missed[reason].get(entry) ?? 0) + count);
  }

  /** The last one of a tick explains all. */
  gaveUp(gaveUp: GaveUp): void {
    this.#gaveUp = gaveUp;
  }

  openClaim({ entry, id, scheduledAt }: Message): void {
    if (this.#openClaims.push(entry) > LOGGED_AT_ONCE) return;
    const why = "an earlier leader claimed it and left no outcome, so it may or may not have been sent";
    const instant = new Date(scheduledAt).toISOString();
    const shown = showName(entry);
    this.#logger.warn({ entry: shown, id }, `${shown}: the occurrence of ${instant} is uncertain: ${why}`);
  }

  runFailed({ message, durationMs, error }: RunReport): void {
    const { entry, task, id } = message;
    if (this.#failedRuns.push(entry) > LOGGED_AT_ONCE) return;
    const shown = showName(entry);
    this.#logger.error({ entry: shown, task, id, durationMs }, `${shown}: the run failed: ${textOf(error)}`);
  }

  /** Logs what was collected since the last call. */
  flush(): void {
    this.#flushFailed();
    this.#flushWentBack();
    this.#flushMissed("policy", "missed occurrences were not sent, by policy");
    this.#flushMissed(
      "passed",
      "occurrences were not sent, because the queue had already taken a later one of the entry",
    );
    this.#flushOverlaps();
    this.#flushGaveUp();
    this.#flushMore("warn", this.#openClaims, "more occurrences that an earlier leader claimed are uncertain");
    this.#flushMore("error", this.#failedRuns, "more runs failed");
  }

  /** One line when entries begin to fail, and one `error` event for all that failed. */
  #flushFailed(): void {
    if (this.#failed.size === 0) return;
    const failed = [...this.#failed];
    this.#failed.clear();
    const fresh = failed.filter(([entry]) => !this.#failing.has(entry));
    for (const [entry] of fresh) this.#failing.add(entry);
    const [first] = fresh;
    const shown = showName(first?.[0] ?? "");
    if (first && fresh.length === 1) this.#logger.error({ entry: shown }, `${shown}: ${textOf(first[1])}`);
    else if (first) this.#logger.error({ entries: fresh.length }, together(fresh).message);
    this.#emitter.tell("error", together(failed));
  }

  #flushWentBack(): void {
    const entries = this.#wentBack;
    const now = this.#clock.monotonicMs();
    if (entries === 0 || now < this.#logWentBackAt) return;
    const message = "the store went back to an older state: instants since then are due again, with their old ids";
    this.#logger.warn({ entries }, `${message} (${entries} ${entries === 1 ? "entry" : "entries"})`);
    this.#wentBack = 0;
    this.#logWentBackAt = now + WENT_BACK_EVERY_MS;
  }

  #flushOverlaps(): void {
    const now = this.#clock.monotonicMs();
    if (this.#missed.overlap.size === 0 || now < this.#logOverlapsAt) return;
    this.#logOverlapsAt = now + OVERLAPS_EVERY_MS;
    this.#flushMissed(
      "overlap",
      "occurrences were not sent, because an earlier run of the entry had not ended",
      "info",
    );
  }

  #flushGaveUp(): void {
    const { error, deadLetter } = this.#gaveUp ?? {};
    if (error === undefined) return;
    const where =
      deadLetter === null ? "no dead letter is given" : `the dead letter (${deadLetter}) has their messages`;
    this.#flushMissed("gave-up", `occurrences were given up, ${where}; ${error}`);
    this.#gaveUp = null;
  }

  #flushMissed(reason: MissedReason, words: string, level: "info" | "warn" = "warn"): void {
    const missed = this.#missed[reason];
    if (missed.size === 0) return;
    const count = [...missed.values()].reduce((sum, each) => sum + each, 0);
    this.#logger[level]({ count, entries: missed.size }, `${count} ${words}: ${namesIn(missed.keys())}`);
    missed.clear();
  }

  #flushMore(level: "warn" | "error", entries: string[], words: string): void {
    const more = entries.splice(0).slice(LOGGED_AT_ONCE);
    if (more.length > 0) this.#logger[level]({ count: more.length }, `${more.length} ${words}: ${namesIn(more)}`);
  }
}

/** The error of one entry, or one error for several: it counts them, and has the first one's reason as its cause. */
function together(failed: readonly (readonly [entry: string, error: unknown])[]): Error {
  const [, first] = failed[0]!;
  if (failed.length === 1) return asError(first);
  const message = `${failed.length} entries failed (${namesIn(failed.map(([entry]) => entry))}): ${textOf(first)}`;
  return new BeatxError(BeatxError.isInstance(first) ? first.code : "PUBLISH", message, { cause: first });
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(textOf(error));
}

/** Never throws: code in plain JavaScript may throw or reject with any value. */
export function textOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === "string" ? error : describe(error);
}
