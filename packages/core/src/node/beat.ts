import { type Clock, sleep } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import { BeatxError } from "../base/errors.js";
import { inSlices } from "../base/slices.js";
import type { Publisher } from "../contract/publisher.js";
import type { LockHeld } from "../contract/store.js";
import { requirePackages } from "../discovery/find-provider.js";
import type { ScheduleTypes } from "../discovery/schedule-types.js";
import { type ConfigEntries, readingConfigEntries } from "../entry/configuration.js";
import type { StandbyReason, Term } from "../lease/term.js";
import { BeatEmitter } from "../report/events.js";
import { jsonLogger, type Logger } from "../report/logger.js";
import { Reporter } from "../report/reporter.js";
import type { ParseRule } from "../schedule/rule-parser.js";
import { Alarm } from "./alarm.js";
import { assembleNode, type NodeParts, type RunningNode } from "./assemble.js";
import { openServers } from "./open-servers.js";
import type { BeatOptions } from "./options.js";
import { readOptions } from "./read-options.js";
import { checkPublisherChoice, type Settings } from "./settings.js";

/** One node. @throws ConfigError for options that cannot work, before anything is opened. */
export function createBeat(options: BeatOptions): Beat {
  return new Beat(options);
}

/**
 * A node that stands by, leads when the store grants it the lease, and sends what is due while it leads. `start` runs it
 * on timers; a call of `tick` runs one tick.
 */
export class Beat extends BeatEmitter {
  readonly #options: BeatOptions;
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #reporter: Reporter;
  readonly #parseRule: ParseRule;
  readonly #types: ScheduleTypes;
  readonly #neededTypes: readonly string[];
  /** `undefined`: some types of schedule come from packages; `start` loads them and reads the entries. */
  readonly #config: ConfigEntries | undefined;
  readonly #tickAlarm: Alarm;
  readonly #leaseAlarm: Alarm;
  #opening: Promise<RunningNode> | null = null;
  #tickLoop: Promise<void> | null = null;
  #leaseLoop: Promise<void> | null = null;
  /** Calls of `tick` that have not ended. */
  readonly #ticks = new Set<Promise<number>>();
  /** Aborted by `stop`: no new tick begins. */
  readonly #stopping = new AbortController();
  /** The lease is no longer renewed. */
  #isLeaving = false;
  #stopped: Promise<void> | null = null;
  #waitingFor = "";

  constructor(given: BeatOptions) {
    super();
    const { options, settings, clock, types, parseRule, neededTypes, config } = readOptions(given);
    this.#options = options;
    this.#settings = settings;
    this.#clock = clock;
    this.#types = types;
    this.#parseRule = parseRule;
    this.#neededTypes = neededTypes;
    this.#config = config;
    this.#logger = options.logger ?? jsonLogger;
    this.#reporter = new Reporter(this, this.#logger, this.#clock, this.#types);
    this.#tickAlarm = new Alarm(this.#clock);
    this.#leaseAlarm = new Alarm(this.#clock);
  }

  /**
   * Opens store and publisher and joins the cluster. Resolves when the node stands by, not when it leads; neither server
   * needs to be up. @throws ConfigError, or BeatxError `UNKNOWN_SCHEME`
   */
  async start(): Promise<void> {
    const node = await this.#open();
    this.#leaseLoop ??= this.#runLease(node);
    this.#tickLoop ??= this.#runTicks(node);
  }

  /**
   * Runs one tick: asks for the lease or renews it, and sends what is due. Returns the ms until the next call. Wait for the
   * end of one call before the next.
   */
  async tick(): Promise<number> {
    if (this.#tickLoop) {
      throw new BeatxError("CONFIG", "tick() is for a beat that was not started: start() does the ticking");
    }
    const node = await this.#open();
    const tick = this.#tick(node);
    this.#ticks.add(tick);
    return tick.finally(() => this.#ticks.delete(tick));
  }

  /** Finishes sends in flight, releases the lease and closes what it opened. May be called again; a restart is not possible. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #tick({ leadership, ticker }: RunningNode): Promise<number> {
    this.#refuseStopped();
    await leadership.ensureLease();
    const sleepMs = await ticker.tick();
    return Math.min(sleepMs, leadership.msUntilRequest);
  }

  #open(): Promise<RunningNode> {
    this.#refuseStopped();
    this.#opening ??= this.#openAll().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  #refuseStopped(): void {
    if (this.#stopping.signal.aborted) throw new BeatxError("CLOSED", "this beat was stopped: create another one");
  }

  async #loadConfig(): Promise<ConfigEntries> {
    await this.#types.load(this.#neededTypes);
    const config = await inSlices(this.#clock, readingConfigEntries(this.#options, this.#parseRule));
    checkPublisherChoice(this.#options, config);
    return config;
  }

  async #openAll(): Promise<RunningNode> {
    const config = this.#config === undefined ? await this.#loadConfig() : this.#config;
    await requirePackages(this.#options);
    const servers = await openServers(this.#options, config, this.#clock, (run) => this.#reporter.run(run));
    const { store, publisher } = servers;
    const node = this.#assemble({ ...servers, config });
    const { namespace } = this.#settings;
    this.#logger.info({ namespace, store: store.value.name, publisher: publisher.value.name }, "joined");
    this.tell("standby", { reason: "joined", wasLeader: false });
    return node;
  }

  #assemble(opened: Pick<NodeParts, "store" | "publisher" | "deadLetter" | "config">): RunningNode {
    return assembleNode({
      ...opened,
      settings: this.#settings,
      parseRule: this.#parseRule,
      types: this.#types,
      clock: this.#clock,
      random: this.#options.random ?? Math.random,
      logger: this.#logger,
      reporter: this.#reporter,
      stopping: this.#stopping.signal,
      hooks: {
        onLeader: (term) => this.#onLeader(term),
        onStandby: (reason) => this.#onStandby(reason),
        onWaiting: (held) => this.#onWaiting(held),
      },
      onHint: () => {
        this.#leaseAlarm.ring();
        this.#tickAlarm.ring();
      },
    });
  }

  async #runLease({ leadership }: RunningNode): Promise<void> {
    while (!this.#isLeaving) {
      // `stop` ended the ticks, so this is no stall: keep the lease while sends are in flight.
      if (this.#stopping.signal.aborted) leadership.term?.noteProgress();
      await leadership.ensureLease();
      await this.#leaseAlarm.sleep(leadership.msUntilRequest);
    }
  }

  async #runTicks({ ticker, watch }: RunningNode): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      watch.ensure();
      const sleepMs = await ticker.tick();
      // The failed tick's own writes give hints: they do not shorten the wait (I5).
      if (ticker.hasFailed) await sleep(this.#clock, sleepMs, this.#stopping.signal);
      else await this.#tickAlarm.sleep(sleepMs);
    }
  }

  /** Renews the lease until all work in flight has ended, then releases it (R36). */
  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#tickAlarm.ring();
    // If opening failed, there is nothing to close, and the caller of `start` has the error.
    const node = await this.#opening?.catch(() => undefined);
    if (!node) return;
    const { leadership, ticker, watch, publisher, deadLetter, store } = node;
    await this.#tickLoop;
    await Promise.allSettled(this.#ticks);
    await this.#whenIdle(publisher.value);
    this.#reporter.logEntries();
    this.#isLeaving = true;
    this.#leaseAlarm.ring();
    await this.#leaseLoop;
    await ticker.leave();
    await leadership.resign();
    await watch.end();
    await Promise.all([store.close(), publisher.close(), deadLetter?.close()]);
    this.#logger.info({}, "stopped");
  }

  /** Waits, at most `stopTimeoutMs`, for the work that the publisher has begun; the end of the term aborts the rest. */
  async #whenIdle(publisher: Publisher): Promise<void> {
    const { stopTimeoutMs } = this.#settings;
    const onTimeout = (): Error => new Error(`work still runs after ${stopTimeoutMs} ms`);
    const idle = publisher.onIdle?.() ?? Promise.resolve();
    await withDeadline(this.#clock, idle, stopTimeoutMs, onTimeout).catch((error: unknown) => {
      this.#reporter.failed("publisher", error);
    });
  }

  protected override onListenerError(name: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logger.error({ event: name }, `a listener of "${name}" threw: ${text}`);
  }

  #onLeader({ lease: { fence } }: Term): void {
    this.#waitingFor = "";
    this.#logger.info({ fence }, "leading");
    this.tell("leader", { fence });
    this.#tickAlarm.ring();
  }

  #onStandby(reason: StandbyReason): void {
    this.#reporter.termEnded();
    if (reason !== "stopped") this.#logger.warn({ reason }, `standing by: ${reason}`);
    this.tell("standby", { reason, wasLeader: true });
    this.#leaseAlarm.ring();
  }

  /** Logs what the node waits for whenever that changes. */
  #onWaiting({ leader, reason, retryAfterMs }: LockHeld): void {
    const reasonText = reason ?? "the store may have lost a lease that a node still trusts";
    const waitingFor = leader ? `${leader.label} leads (fence ${leader.fence})` : reasonText;
    if (waitingFor === this.#waitingFor) return;
    this.#waitingFor = waitingFor;
    const seconds = Math.ceil(retryAfterMs / 1000);
    const line = leader ? waitingFor : `no node may lead for ${seconds} s, since ${waitingFor}`;
    this.#logger.info({ leader, retryAfterMs }, `standing by: ${line}`);
  }
}
