import { hostname } from "node:os";

import { type Clock, systemClock } from "../base/clock.js";
import { BeatxError } from "../base/errors.js";
import type { Publisher } from "../contract/publisher.js";
import type { Lease, LockHeld, Store } from "../contract/store.js";
import type { Opened } from "../discovery/opened.js";
import { ScheduleTypes } from "../discovery/schedule-types.js";
import { readConfigEntries } from "../entry/configuration.js";
import type { Entry } from "../entry/entry.js";
import { Leadership } from "../lease/leadership.js";
import type { StandbyReason } from "../lease/term.js";
import { openPublisher } from "../publisher/open-publisher.js";
import { BeatEmitter } from "../report/events.js";
import { jsonLogger, type Logger } from "../report/logger.js";
import { Reporter } from "../report/reporter.js";
import { type ParseRule, ruleParser } from "../schedule/rule-parser.js";
import { settlePublisher } from "../settle-publisher.js";
import { openStore } from "../store/open-store.js";
import { StoreWatch } from "../store/store-watch.js";
import { StoreWithDeadlines } from "../store/store-with-deadlines.js";
import { Alarm } from "./alarm.js";
import type { BeatOptions } from "./options.js";
import type { Settings } from "./settings.js";
import { checkDestination, readSettings } from "./settings.js";
import { Scheduler } from "./ticker.js";

/** What exists between `start` and `stop`. */
interface Running {
  readonly store: Opened<Store>;
  readonly publisher: Opened<Publisher>;
  readonly leadership: Leadership;
  readonly scheduler: Scheduler;
  readonly watch: StoreWatch;
}

/** One node. @throws ConfigError for options that cannot work, before anything is opened. */
export function createBeat(options: BeatOptions): Beat {
  return new Beat(options);
}

/**
 * A node that stands by, leads when the store gives it the lease, and sends what is due while it leads. `start` runs it on
 * timers; `tick` runs it by hand.
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
  readonly #passAlarm: Alarm;
  readonly #leaseAlarm: Alarm;
  #opening: Promise<Running> | null = null;
  #passes: Promise<void> | null = null;
  #renewals: Promise<void> | null = null;
  /** Rounds by hand that have not ended. */
  readonly #ticks = new Set<Promise<number>>();
  /** No new pass begins. */
  #stopping = false;
  /** The lease is not renewed any more. */
  #leaving = false;
  #stopped: Promise<void> | null = null;
  #waitingFor = "";

  constructor(options: BeatOptions) {
    super();
    this.#options = options;
    this.#settings = readSettings(options);
    this.#types = new ScheduleTypes({ given: options.scheduleTypes, from: options.from });
    this.#parseRule = ruleParser(options.timezone ?? "UTC", this.#types.known);
    this.#neededTypes = this.#types.missingIn(Object.values(options.schedule ?? {}));
    // Types that come from packages are loaded at the start, and the entries read then.
    const config = this.#neededTypes.length === 0 ? this.#readConfig() : null;
    checkDestination(options, config);
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? jsonLogger;
    this.#reporter = new Reporter(this, this.#logger, this.#clock);
    this.#passAlarm = new Alarm(this.#clock);
    this.#leaseAlarm = new Alarm(this.#clock);
  }

  /**
   * Opens store and publisher and joins. Resolves when the node stands by, not when it leads, and does not need either
   * server to be up. @throws ConfigError, or BeatxError `UNKNOWN_SCHEME`
   */
  async start(): Promise<void> {
    const running = await this.#open();
    this.#renewals ??= this.#runLease(running);
    this.#passes ??= this.#runPasses(running);
  }

  /** One round by hand: asks for the lease or renews it, sends what is due. Answers when to call again, in ms. */
  async tick(): Promise<number> {
    if (this.#passes)
      throw new BeatxError("CONFIG", "tick() is for a beat that was not started: start() does the ticking");
    const running = await this.#open();
    const tick = this.#tick(running);
    this.#ticks.add(tick);
    return tick.finally(() => this.#ticks.delete(tick));
  }

  /** Lets sends in flight end, hands the lease over, closes what was opened. Repeatable. A stopped beat stays stopped. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #tick({ leadership, scheduler }: Running): Promise<number> {
    if (this.#stopping) throw new BeatxError("CLOSED", "this beat was stopped: create another one");
    await leadership.step();
    const sleepMs = await scheduler.pass();
    return Math.min(sleepMs, leadership.msUntilStep);
  }

  #open(): Promise<Running> {
    if (this.#stopping) throw new BeatxError("CLOSED", "this beat was stopped: create another one");
    this.#opening ??= this.#openAll().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  #readConfig(): ReadonlyMap<string, Entry> | null {
    return readConfigEntries(this.#options.schedule, this.#parseRule);
  }

  async #openAll(): Promise<Running> {
    await this.#types.load(this.#neededTypes);
    const config = this.#readConfig();
    checkDestination(this.#options, config);
    const store = await openStore(this.#options);
    const publisher = await openPublisher(this.#options, this.#clock, (run) => this.#reporter.run(run)).catch(
      async (error: unknown) => {
        await store.close();
        throw error;
      },
    );
    const running = this.#assemble(store, publisher, config);
    const { namespace } = this.#settings;
    this.#logger.info({ namespace, store: store.value.name, publisher: publisher.value.name }, "joined");
    this.tell("standby", { reason: "joined", wasLeader: false });
    return running;
  }

  #assemble(store: Opened<Store>, publisher: Opened<Publisher>, config: ReadonlyMap<string, Entry> | null): Running {
    const guarded = new StoreWithDeadlines(store.value, this.#clock, this.#settings.commandTimeoutMs);
    const random = this.#options.random ?? Math.random;
    const hooks = {
      onLeader: (lease: Lease) => this.#onLeader(lease),
      onStandby: (reason: StandbyReason, wasTrusted: boolean) => this.#onStandby(reason, wasTrusted, scheduler),
      onWaiting: (held: LockHeld) => this.#onWaiting(held, scheduler),
      onError: (error: unknown) => this.#reporter.failed("store", error),
    };
    const label = `${hostname()}:${process.pid}`;
    const leadership = new Leadership(guarded, this.#clock, { ...this.#settings, label }, hooks, random);
    const scheduler = new Scheduler({
      ...this.#settings,
      settings: this.#settings,
      store: guarded,
      publisher: publisher.value,
      clock: this.#clock,
      config,
      parseRule: this.#parseRule,
      types: this.#types,
      leadership,
      logger: this.#logger,
      reporter: this.#reporter,
      random,
    });
    const watch = new StoreWatch(store.value, this.#clock, () => this.#onHint(leadership, scheduler));
    return { store, publisher, leadership, scheduler, watch };
  }

  /** Hints only wake the loops: what they are about is asked for as ever (R36). */
  #onHint(leadership: Leadership, scheduler: Scheduler): void {
    leadership.hurry();
    scheduler.hint();
    this.#leaseAlarm.ring();
    this.#passAlarm.ring();
  }

  async #runLease({ leadership }: Running): Promise<void> {
    while (!this.#leaving) {
      // Passes have ended by intention: what is being settled keeps the lease.
      if (this.#stopping) leadership.noteProgress();
      await leadership.step();
      await this.#leaseAlarm.sleep(leadership.msUntilStep);
    }
  }

  async #runPasses({ scheduler, watch }: Running): Promise<void> {
    while (!this.#stopping) {
      watch.ensure();
      await this.#passAlarm.sleep(await scheduler.pass());
    }
  }

  /** The lease is renewed until what was begun has ended, and then handed over (R36). */
  async #stop(): Promise<void> {
    this.#stopping = true;
    this.#passAlarm.ring();
    // What could not be opened need not be closed; whoever called `start` has the error.
    const running = await this.#opening?.catch(() => undefined);
    if (!running) return;
    const { scheduler, leadership, watch, publisher, store } = running;
    scheduler.drain();
    await this.#passes;
    await Promise.allSettled(this.#ticks);
    await settlePublisher(publisher.value, this.#clock, this.#settings.stopTimeoutMs, this.#reporter);
    this.#leaving = true;
    this.#leaseAlarm.ring();
    await this.#renewals;
    await leadership.resign();
    await watch.end();
    await Promise.all([store.close(), publisher.close()]);
    this.#logger.info({}, "stopped");
  }

  protected override onListenerError(name: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logger.error({ event: name }, `a listener of "${name}" threw: ${text}`);
  }

  #onLeader({ fence }: Lease): void {
    this.#waitingFor = "";
    this.#reporter.works("store");
    this.#logger.info({ fence }, "leading");
    this.tell("leader", { fence });
    this.#passAlarm.ring();
  }

  #onStandby(reason: StandbyReason, wasTrusted: boolean, scheduler: Scheduler): void {
    scheduler.standDown(reason, wasTrusted);
    if (reason !== "stopped") this.#logger.warn({ reason }, `standing by: ${reason}`);
    this.tell("standby", { reason, wasLeader: true });
    this.#leaseAlarm.ring();
  }

  /** Says what the node waits for whenever that changes. */
  #onWaiting({ leader, reason, retryAfterMs }: LockHeld, scheduler: Scheduler): void {
    if (leader) scheduler.sawLeader();
    this.#reporter.works("store");
    const waitingFor = leader ? `${leader.label} leads (fence ${leader.fence})` : (reason ?? "nobody may lead yet");
    if (waitingFor === this.#waitingFor) return;
    this.#waitingFor = waitingFor;
    this.#logger.info({ leader, retryAfterMs }, `standing by: ${waitingFor}`);
  }
}
