import type { Clock } from "../base/clock.js";
import { systemClock } from "../base/clock.js";
import { OverlapError, PassedError, PublishError } from "../base/errors.js";
import type { Message, PublishContext } from "../contract/publisher.js";
import { ownCopy } from "./own-copy.js";

/** What happens if an occurrence is due while the last one of its entry still runs. An entry's field `overlap` takes precedence. */
export type Overlap =
  /** Both run at the same time. */
  | "allow"
  /** The new one does not run, and counts as skipped. */
  | "skip"
  /** The new one runs after the last one. */
  | "queue";

export interface HandlerContext {
  /** Aborted when leadership is lost, when `timeoutMs` has passed, or when a stopping node has waited long enough. */
  readonly signal: AbortSignal;
}

/** Does the work of one task. A run that throws or rejects is reported as failed, and not repeated. */
export type Handler = (message: Message, context: HandlerContext) => unknown;

export type Handlers = Readonly<Record<string, Handler>>;

/** The result of one run. */
export interface RunReport {
  readonly message: Message;
  readonly outcome: "finished" | "failed" | "skipped";
  /** From the start of the run to its end; 0 if it was skipped. */
  readonly durationMs: number;
  /** Why the run failed. */
  readonly error?: unknown;
}

export interface HandlersOptions {
  /** By the task's name. */
  readonly handlers: Handlers;
  /** Default `"allow"`. An entry's `options.overlap` takes precedence. */
  readonly overlap?: Overlap;
  /**
   * Maximum duration of a run, in ms: then its signal is aborted, and it counts as failed. `null` (default): no limit.
   * An entry's `options.timeoutMs` takes precedence.
   */
  readonly timeoutMs?: number | null;
  /** Called when a run ends or is skipped. */
  readonly onReport?: (report: RunReport) => void;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

interface RunOptions {
  readonly overlap: Overlap;
  /** An older run does not hold up the next, in ms. */
  readonly overlapTtlMs: number;
  readonly timeoutMs: number | null;
}

interface OpenRun {
  readonly ended: Promise<void>;
  /** Monotonic ms. */
  readonly acceptedAt: number;
}

/** With `overlap: "queue"`, at most this many runs of an entry wait; further occurrences stay due. */
const MAX_WAITING = 100;

/** The number of requested runs whose ids are remembered: more than one batch. */
const MAX_REQUESTED = 1_000;

/** A run that was not started never will be. */
function notStarted(message: string, cause?: unknown): PublishError {
  return new PublishError(message, { cause, notSent: true });
}

function entryKey({ namespace, entry }: Message): string {
  return `${namespace} ${entry}`;
}

/** The runs of all entries. */
export class HandlerRuns {
  readonly #options: HandlersOptions;
  readonly #clock: Clock;
  /** The runs per entry that have not ended, newest last. */
  readonly #open = new Map<string, OpenRun[]>();
  /**
   * The newest accepted instant per entry. An occurrence whose cursor could not be saved is sent again; this keeps it
   * from running twice.
   */
  readonly #accepted = new Map<string, number>();
  /** The ids of the newest requested runs, for the same purpose. */
  readonly #requested = new Set<string>();

  constructor(options: HandlersOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Starts the run, or returns the reason why it does not start. */
  accept(message: Message, { signal, term }: PublishContext): PublishError | PassedError | OverlapError | undefined {
    if (signal.aborted) return notStarted("not started: the batch was called off", signal.reason);
    const { handlers } = this.#options;
    const handler = Object.hasOwn(handlers, message.task) ? handlers[message.task] : undefined;
    if (!handler) return notStarted(`there is no handler for the task "${message.task}": add one to \`handlers\``);
    const last = this.#lastAccepted(message);
    if (last === message.scheduledAt) return undefined;
    if (last > message.scheduledAt) return new PassedError();
    const options = this.#readOptions(message);
    if (options instanceof PublishError) return options;
    const open = this.#open.get(entryKey(message)) ?? [];
    if (options.overlap === "queue" && open.length > MAX_WAITING) {
      return notStarted(`${open.length} runs of ${JSON.stringify(message.entry)} are already running or waiting`);
    }
    if (options.overlap === "skip" && this.#isHeldUp(open, options)) {
      this.#report({ message, outcome: "skipped", durationMs: 0 });
      return new OverlapError();
    }
    this.#noteAccepted(message);
    this.#start(message, handler, options, term, open);
    return undefined;
  }

  #isHeldUp(open: readonly OpenRun[], { overlapTtlMs }: RunOptions): boolean {
    const now = this.#clock.monotonicMs();
    return open.some(({ acceptedAt }) => now - acceptedAt < overlapTtlMs);
  }

  /** The newest accepted instant of the entry. A requested run is compared by its id. */
  #lastAccepted(message: Message): number {
    if (message.requested) return this.#requested.has(message.id) ? message.scheduledAt : -Infinity;
    return this.#accepted.get(entryKey(message)) ?? -Infinity;
  }

  #noteAccepted(message: Message): void {
    if (!message.requested) return void this.#accepted.set(entryKey(message), message.scheduledAt);
    this.#requested.add(message.id);
    const [oldest] = this.#requested;
    if (this.#requested.size > MAX_REQUESTED && oldest !== undefined) this.#requested.delete(oldest);
  }

  /** Resolves when no run is open. */
  async whenIdle(): Promise<void> {
    while (this.#open.size > 0) await Promise.all([...this.#open.values()].flat().map(({ ended }) => ended));
  }

  #start(
    message: Message,
    handler: Handler,
    options: RunOptions,
    term: AbortSignal | undefined,
    open: OpenRun[],
  ): void {
    const last = options.overlap === "queue" ? open.at(-1) : undefined;
    const ended = (last?.ended ?? Promise.resolve()).then(() => this.#run(message, handler, options, term));
    const run = { ended, acceptedAt: this.#clock.monotonicMs() };
    open.push(run);
    this.#open.set(entryKey(message), open);
    void ended.then(() => {
      void open.splice(open.indexOf(run), 1);
      if (open.length === 0) this.#open.delete(entryKey(message));
    });
  }

  /** Never rejects. */
  async #run(
    message: Message,
    handler: Handler,
    { timeoutMs }: RunOptions,
    term: AbortSignal | undefined,
  ): Promise<void> {
    const startedAt = this.#clock.monotonicMs();
    const run = new AbortController();
    let isReported = false;
    const report = (outcome: RunReport["outcome"], error?: unknown): void => {
      if (isReported) return;
      isReported = true;
      const durationMs = this.#clock.monotonicMs() - startedAt;
      this.#report({ message, outcome, durationMs, ...(error === undefined ? {} : { error }) });
    };
    const expire = (): void => {
      run.abort(new Error(`the run took longer than ${timeoutMs} ms`));
      report("failed", run.signal.reason);
    };
    const timer = timeoutMs === null ? undefined : this.#clock.setTimer(expire, timeoutMs);
    // Not `AbortSignal.any`: its result would stay attached to the signal of the term, which lives for weeks.
    const endWithTerm = (): void => run.abort(term?.reason);
    term?.addEventListener("abort", endWithTerm);
    try {
      term?.throwIfAborted();
      await handler(ownCopy(message), { signal: timeoutMs === null && term ? term : run.signal });
      report("finished");
    } catch (error) {
      report("failed", error);
    } finally {
      timer?.cancel();
      term?.removeEventListener("abort", endWithTerm);
    }
  }

  #report(report: RunReport): void {
    this.#options.onReport?.(report);
  }

  #readOptions({ entry, options, overlap: own }: Message): RunOptions | PublishError {
    const {
      overlap = this.#options.overlap ?? "allow",
      timeoutMs = this.#options.timeoutMs ?? null,
      ...rest
    } = options;
    const wrong = (why: string): PublishError => notStarted(`entry ${JSON.stringify(entry)}: ${why}`);
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) return wrong(`options.${unknown} is unknown (handlers know: overlap, timeoutMs)`);
    if (overlap !== "allow" && overlap !== "skip" && overlap !== "queue") {
      return wrong(`options.overlap is ${JSON.stringify(overlap)}: expected "allow", "skip" or "queue"`);
    }
    if (own && options["overlap"] !== undefined) {
      return wrong(`options.overlap and overlap are the same: leave options.overlap out`);
    }
    if (timeoutMs !== null && !(typeof timeoutMs === "number" && timeoutMs > 0)) {
      return wrong(`options.timeoutMs is ${JSON.stringify(timeoutMs)}: expected a number above 0, or null`);
    }
    return { overlap: own?.policy ?? overlap, overlapTtlMs: own?.ttlMs ?? Infinity, timeoutMs };
  }
}
