import { BeatxError, createSilence, PublishError } from "@beatx/core/adapter";
import type { Cluster, Redis } from "ioredis";
import { maySendTwice, userOf } from "./client.js";
import type { RedisClient } from "./client.js";
import { endClient } from "./end-client.js";
import { rememberErrors } from "./errors.js";
import type { ErrorMemory } from "./errors.js";
import { explainFailure, isRefusal } from "./failure.js";
import type { FailureWords } from "./failure.js";
import { findMissingRight } from "./missing-right.js";
import { keepHandshakeQuiet } from "./quiet-handshake.js";
import { isWritable, watchReadiness } from "./ready.js";
import type { Readiness } from "./ready.js";
import { runScript } from "./script.js";
import type { Argument, Script } from "./script.js";
import { runInTime } from "./time-limit.js";
import type { MayGoOn } from "./time-limit.js";

export type Work<Client extends RedisClient, T> = (client: Client, mayGoOn: MayGoOn) => Promise<T>;

export interface ConnectionSettings extends FailureWords {
  /** The user of the connection, for messages: "Celery publisher". */
  readonly owner: string;
  /** Deadline of one piece of work, the wait for the connection included, in ms. */
  readonly timeoutMs: number;
  /** Whether `close` ends the client, and work opens it again if it has ended. `false` for a client of the application. */
  readonly isOwned: boolean;
  /**
   * Breaks an owned connection when work passes its deadline or is called off, so that commands still in the client are
   * never sent (R24). For servers that may not recognise a repeat. Default `false`.
   */
  readonly breakIfUnanswered?: boolean;
  /** Any key of the work in a cluster: its node is connected before work begins. */
  readonly key?: string;
}

/** How far a piece of work has come. */
interface Progress {
  /** Whether something may have been sent. */
  isSent: boolean;
  /** Whether its deadline has passed. */
  isTooLate: boolean;
  explainSilence: (deadlineMs?: number) => string;
  /** The right that the user lacks, if the server refused the work for that. */
  right?: string | undefined;
}

/** How long `close` waits for answers under way. */
const GRACE_MS = 500;

/**
 * A client with a deadline on each piece of work (R40). Work waits for the connection attempt under way, or the next one,
 * and rejects when that fails; the client connects again by itself. Work is not begun after its deadline.
 */
export class RedisConnection<Client extends RedisClient = Redis> {
  readonly client: Client;
  readonly #settings: ConnectionSettings;
  readonly #errors: ErrorMemory;
  readonly #readiness: Readiness;
  readonly #silence = createSilence();
  #closing: Promise<void> | undefined;
  /** Pieces of work that have sent something and have not ended. */
  #inFlight = 0;

  constructor(client: Client, settings: ConnectionSettings) {
    this.client = client;
    this.#settings = { ...settings, user: userOf(client) };
    if (settings.isOwned) keepHandshakeQuiet(client);
    this.#errors = rememberErrors(client);
    this.#readiness = watchReadiness(client, settings);
  }

  /** The user that the client was configured with, for messages. */
  get user(): string {
    return userOf(this.client);
  }

  /** The server, for messages; no password. */
  get place(): string {
    return this.#settings.place;
  }

  /** @throws BeatxError `CLOSED` after `close`. */
  checkOpen(): void {
    if (!this.#closing) return;
    throw new BeatxError("CLOSED", `this ${this.#settings.owner} was closed: create another one`);
  }

  /**
   * Runs `work`, unless its deadline has passed or the signal was aborted before the connection is ready. Work that sends
   * more than once calls `mayGoOn`, which throws when it is too late, before each further command.
   * @param what completes "could not …" in errors.
   * @throws an error of the settings' class: not sent (a `PublishError` says so), refused, or unknown whether it was
   * carried out. BeatxError `CLOSED`.
   */
  async run<T>(what: string, work: Work<Client, T>, signal?: AbortSignal): Promise<T> {
    this.checkOpen();
    const { timeoutMs, errorClass } = this.#settings;
    const progress: Progress = { isSent: false, isTooLate: false, explainSilence: this.#silence.begin() };
    const onAbort = (): Error => new Error(this.#explainWait(progress));
    const onTimeout = (): Error => {
      progress.isTooLate = true;
      return new Error(this.#explainWait(progress, timeoutMs));
    };
    const workWhenReady = (mayGoOn: MayGoOn): Promise<T> => this.#workWhenReady(work, mayGoOn, progress);
    try {
      return await runInTime(workWhenReady, { signal, timeoutMs, errorClass, onTimeout, onAbort });
    } catch (error) {
      const { isSent, isTooLate, right } = progress;
      // Breaking it fails all that is in flight: a call-off must not do that to other work.
      if (isSent && (isTooLate || (signal?.aborted && this.#inFlight === 1))) this.#breakIfUnanswered();
      const failure = explainFailure(what, error, this.#settings, { reason: this.#errors.reason(), right });
      throw !isSent && BeatxError.hasCode(failure, "PUBLISH") ? PublishError.asNotSent(failure) : failure;
    } finally {
      if (progress.isSent) this.#inFlight -= 1;
    }
  }

  async #workWhenReady<T>(work: Work<Client, T>, mayGoOn: MayGoOn, progress: Progress): Promise<T> {
    await this.#readiness.wait();
    this.checkOpen();
    mayGoOn();
    progress.isSent = true;
    progress.explainSilence = this.#silence.begin();
    this.#inFlight += 1;
    try {
      const answer = await work(this.client, mayGoOn);
      this.#silence.end();
      return answer;
    } catch (error) {
      if (isRefusal(error)) this.#silence.end();
      progress.right = await findMissingRight(this.client, error);
      throw error;
    }
  }

  /** The server, and what is awaited from it. */
  #explainWait({ isSent, explainSilence }: Progress, deadlineMs?: number): string {
    const { place } = this.#settings;
    const isHalfOpen = !isSent && this.client.status === "connect";
    const what = isSent ? `${place} did not answer` : `no connection to ${place}`;
    return `${what}${isHalfOpen ? ", which accepted it and did not answer" : ""} ${explainSilence(deadlineMs)}`;
  }

  /** Runs a script; as `run` otherwise. */
  runScript(
    what: string,
    script: Script,
    keys: readonly string[],
    args: readonly Argument[],
    signal?: AbortSignal,
  ): Promise<unknown> {
    return this.run(what, (client, mayGoOn) => runScript(client, script, keys, args, mayGoOn), signal);
  }

  /** Whether an answer is about the only sending of its command. Not certain for a client of the application. */
  get sendsOnce(): boolean {
    return this.#settings.isOwned || !maySendTwice(this.client);
  }

  /** The error for a server that answered and said no; `undefined` if there was no answer. */
  async explainRefusal(what: string, error: unknown): Promise<BeatxError | undefined> {
    if (!isRefusal(error)) return undefined;
    return explainFailure(what, error, this.#settings, { right: await findMissingRight(this.client, error) });
  }

  /** Another connection to the same place, which the caller closes. @throws BeatxError `CLOSED` */
  duplicate(): RedisConnection<RedisClient> {
    this.checkOpen();
    const client = this.client.isCluster
      ? (this.client as Cluster).duplicate()
      : (this.client as Redis).duplicate({ autoResubscribe: false });
    return new RedisConnection<RedisClient>(client, { ...this.#settings, isOwned: true });
  }

  /** Ends a client of our own, within about a second. Repeatable; later work rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#settings.isOwned ? endClient(this.client, GRACE_MS) : this.#leave();
    return this.#closing;
  }

  async #leave(): Promise<void> {
    this.#errors.stop();
    this.#readiness.stop();
  }

  #breakIfUnanswered(): void {
    const { isOwned, breakIfUnanswered } = this.#settings;
    // Once is enough: until the socket is closed, the client stays "ready", and each call would add a listener.
    if (isOwned && breakIfUnanswered && this.client.status === "ready" && isWritable(this.client)) {
      this.client.disconnect(true);
    }
  }
}
