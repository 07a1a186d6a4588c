import { BeatxError, PublishError } from "@beatx/core/adapter";
import { Redis } from "ioredis";
import type { RedisOptions } from "ioredis";
import { describeClient } from "./client.js";
import type { RedisClient } from "./client.js";
import { endClient } from "./end-client.js";
import { messageOf, rememberErrors } from "./errors.js";
import { failFastOptions } from "./fail-fast.js";
import { waitUntilReady } from "./ready.js";
import { leaveWhenSetUpFails } from "./set-up.js";
import { runInTime } from "./time-limit.js";
import type { MayGoOn } from "./time-limit.js";

/** A publisher's connection: every piece of work has a deadline, and nothing is begun after it. */
export interface RedisConnection<Client extends RedisClient = Redis> {
  readonly client: Client;
  /** @throws BeatxError `CLOSED` after `close`. */
  checkOpen(): void;
  /**
   * Runs `work` once the connection is ready, unless the deadline is over or the signal was aborted by then. Work that
   * sends more than once calls `mayGoOn` before each further time, which throws when it may not.
   * @throws PublishError: not sent, or unknown whether it was carried out. BeatxError `CLOSED` after `close`.
   */
  run<T>(work: Work<Client, T>, signal?: AbortSignal): Promise<T>;
  /** An error of the server's, which says no (instead of: could not tell), in words for people; else `undefined`. */
  explainRefusal(error: unknown): PublishError | undefined;
  /** Ends the connection if it is our own, within 2 s. Repeatable; later work rejects. */
  close(): Promise<void>;
}

export type Work<Client extends RedisClient, T> = (client: Client, mayGoOn: MayGoOn) => Promise<T>;

export interface ConnectionSettings {
  /** What the server is to its user, for messages: "Celery broker". */
  readonly server: string;
  /** Whose connection it is, for messages: "Celery publisher". */
  readonly owner: string;
  /** Deadline of one piece of work, the wait for the connection included, in ms. */
  readonly timeoutMs: number;
  /**
   * Breaks a connection of our own at the deadline, so that what was handed to the client but not yet to the server dies
   * with it (R8). For work whose repetition the destination may not recognise. Default `false`.
   */
  readonly breakAtDeadline?: boolean;
}

const GRACE_MS = 1000;

/**
 * A connection of our own; it is opened by the first piece of work, and opened again after each loss. It fails fast,
 * whatever the options say, and never works in another database than theirs.
 */
export function openConnection(options: RedisOptions, settings: ConnectionSettings): RedisConnection {
  const { timeoutMs, breakAtDeadline = false } = settings;
  const redis = new Redis({ ...options, ...failFastOptions(timeoutMs) });
  leaveWhenSetUpFails(redis);
  const errors = rememberErrors(redis);
  return connectionOf(redis, settings, {
    reason: () => errors.reason(),
    onDeadline: () => {
      if (breakAtDeadline && redis.status === "ready") redis.disconnect(true);
    },
    end: () => endClient(redis, Math.min(timeoutMs, GRACE_MS)),
  });
}

/** Uses a client that somebody else opened and will close. */
export function borrowConnection<Client extends RedisClient>(
  client: Client,
  settings: ConnectionSettings,
): RedisConnection<Client> {
  return connectionOf(client, settings, {
    reason: () => undefined,
    onDeadline: () => undefined,
    end: () => Promise.resolve(),
  });
}

/** What is done with a client of our own only. */
interface Ownership {
  /** Why there is no connection, where that is known. */
  readonly reason: () => string | undefined;
  readonly onDeadline: () => void;
  readonly end: () => Promise<void>;
}

function connectionOf<Client extends RedisClient>(
  client: Client,
  { server, owner, timeoutMs }: ConnectionSettings,
  { reason, onDeadline, end }: Ownership,
): RedisConnection<Client> {
  const place = `the ${server} at ${describeClient(client)}`;
  let closed = false;

  function checkOpen(): void {
    if (closed) throw new BeatxError("CLOSED", `this ${owner} was closed: create another one`);
  }

  function onTimeout(): string {
    onDeadline();
    return `${place} did not answer within ${timeoutMs} ms${inBrackets(reason())}`;
  }

  async function run<T>(work: Work<Client, T>, signal?: AbortSignal): Promise<T> {
    checkOpen();
    const workWhenReady = async (mayGoOn: MayGoOn): Promise<T> => {
      await waitUntilReady(client);
      mayGoOn();
      return work(client, mayGoOn);
    };
    try {
      return await runInTime(workWhenReady, { signal, timeoutMs, onTimeout });
    } catch (error) {
      if (BeatxError.isInstance(error)) throw error;
      throw refusal(error, place) ?? silence(error, place, reason());
    }
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    await end();
  }

  return { client, checkOpen, run, explainRefusal: (error) => refusal(error, place), close };
}

function refusal(error: unknown, place: string): PublishError | undefined {
  if (!(error instanceof Error) || error.name !== "ReplyError") return undefined;
  return new PublishError(`${place} refused a command: ${error.message}`);
}

function silence(error: unknown, place: string, reason: string | undefined): PublishError {
  const advice = "check that it is running and that the address and the credentials are right";
  return new PublishError(`${place} could not be asked: ${messageOf(error)}${inBrackets(reason)}; ${advice}`);
}

function inBrackets(reason: string | undefined): string {
  return reason === undefined ? "" : ` (${reason})`;
}
