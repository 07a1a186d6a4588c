import { randomUUID } from "node:crypto";
import { type Message, type PublishContext, type Publisher, PublishError } from "@beatx/core";
import {
  type OutboxMark,
  type OutboxWrite,
  OverlapError,
  PassedError,
  PUBLISHER_CONTRACT,
  type PublisherOutbox,
} from "@beatx/core/adapter";
import { batches, databaseOf, isForbidden, sendAllowed } from "@beatx/shared-redis";
import type { Work } from "@beatx/shared-redis";
import type { Redis } from "ioredis";
import { BatchQueues } from "./batch-queues.js";
import { bindingKey, ownBinding, queueKey } from "./bindings.js";
import { deliverOnce } from "./deliver-once.js";
import type { DeliveryAnswer, QueuedMessage } from "./deliver-once.js";
import { createEncoder } from "./encoder.js";
import type { Encoder } from "./encoder.js";
import { checkHealth, createUsedQueues } from "./health.js";
import type { UsedQueues } from "./health.js";
import { createExchangeTables } from "./exchange-tables.js";
import type { ExchangeTables } from "./exchange-tables.js";
import { nameAllRights } from "./rights.js";
import { readSettings } from "./settings.js";
import type { CeleryRedisOptions, CelerySettings } from "./settings.js";
import { createUnreadQueues } from "./unread-queues.js";
import type { UnreadQueues } from "./unread-queues.js";

interface Parts extends CelerySettings {
  readonly encode: Encoder;
  readonly tables: ExchangeTables;
  readonly unread: UnreadQueues;
  readonly used: UsedQueues;
}

/** The answer of one queue. */
type QueueAnswer = DeliveryAnswer | Error;

/** A message for one queue, and its index in the batch. */
interface Addressed extends QueuedMessage {
  readonly index: number;
}

/** Limits of one script, which holds the server for about 5 µs per message and has all its text in memory at once. */
const BATCH_MESSAGES = 500;
const BATCH_CHARACTERS = 4_000_000;

const OUTBOX_MARK_LIFETIME_MS = 30_000;

/**
 * Publishes to Celery workers over Redis, each occurrence exactly once: in one step with the cursor where the store is
 * on the same server (class T), else by comparing at the queue (class D).
 * @throws ConfigError for options that can never work.
 */
export function celeryRedisPublisher(options: CeleryRedisOptions): Publisher {
  const settings = readSettings(options);
  const { connection, naming, clock } = settings;
  const tables = createExchangeTables(connection, naming, clock);
  const unread = createUnreadQueues(connection, naming, clock);
  const used = createUsedQueues();
  const parts: Parts = { ...settings, tables, unread, used, encode: createEncoder(settings) };
  const absentMark = markKey(settings, "none");
  return {
    contract: PUBLISHER_CONTRACT,
    name: "celery+redis",
    delivery: "exactly-once",
    skipsOverlap: true,
    outbox: createOutbox(parts),
    publish: (messages, context) => publish(parts, messages, context),
    checkHealth: (context) => checkHealth({ ...parts, absentMark }, context),
    close: () => connection.close(),
  };
}

async function publish(
  parts: Parts,
  messages: readonly Message[],
  { signal }: PublishContext,
): Promise<readonly (Error | undefined)[]> {
  const answers: (Error | undefined)[] = messages.map(() => undefined);
  const addressed = await addressMessages(parts, messages, answers, signal);
  for (const { queue } of addressed) {
    parts.unread.noteWrite(queue.list);
    parts.used.noteDelivery(queue);
  }
  const given = await deliverAllowed(parts, addressed, signal).catch((error: unknown) => {
    if (answers.every((answer) => answer === undefined)) throw error;
    return addressed.map(() => error as Error);
  });
  const results: QueueAnswer[][] = [];
  addressed.forEach(({ index }, position) => (results[index] ??= []).push(given[position]!));
  results.forEach((ofQueues, index) => (answers[index] ??= explainAnswers(ofQueues)));
  return answers;
}

function deliverAllowed(
  { connection }: Parts,
  addressed: readonly Addressed[],
  signal: AbortSignal,
): Promise<readonly QueueAnswer[]> {
  const parts = [...batches(addressed, BATCH_MESSAGES, BATCH_CHARACTERS, ({ text }) => text.length)];
  return sendAllowed<Addressed, QueueAnswer>(parts, {
    send: (some) => deliverOnce(connection, some, signal),
    groupOf: ({ queue, hold }) => hold?.key ?? queue,
    refuse: (error, { queue }) => nameAllRights(error, queue),
    fail: (error) => error as Error,
  });
}

/** Finds the queues of each message. Puts the error of a message that cannot be sent into `answers`. */
async function addressMessages(
  parts: Parts,
  messages: readonly Message[],
  answers: (Error | undefined)[],
  signal: AbortSignal,
): Promise<Addressed[]> {
  const encoded = messages.map((message, index) => attempt(answers, index, () => parts.encode(message)));
  const exchanges = new Set(encoded.map((message) => message?.address.exchange ?? ""));
  exchanges.delete("");
  await parts.tables.read(exchanges, signal);
  const queues = new BatchQueues(parts.naming);
  const addressed: Addressed[] = [];
  for (const [index, message] of encoded.entries()) {
    if (!message) continue;
    const { scheduledAt: instant, id, overlap } = messages[index]!;
    const { overlapKey } = message;
    const hold = overlapKey === undefined || !overlap ? null : { key: overlapKey, value: id, ttlMs: overlap.ttlMs };
    const waits = overlap?.waits === true;
    const member = memberOf(messages[index]!);
    const resetMember = resetMemberOf(messages[index]!);
    const addressTo = (name: string): Addressed => {
      const queue = queues.find(name, message);
      return { index, queue, member, instant, text: message.toText(), resetMember, hold, waits };
    };
    addressed.push(...(attempt(answers, index, () => parts.tables.queuesOf(message.address).map(addressTo)) ?? []));
  }
  return addressed;
}

function attempt<T>(answers: (Error | undefined)[], index: number, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    answers[index] = PublishError.asNotSent(error);
    return undefined;
  }
}

/**
 * The name under which a queue remembers the instant. Occurrences of an entry share one: a later one excludes an earlier
 * one (R23). A requested run is no instant of the rule. Its name is its id, so it excludes only itself.
 */
function memberOf({ requested, id, namespace, entry }: Message): string {
  return requested ? id : `${namespace}\0${entry}`;
}

/** The name under which a queue remembers that a reset of the entry was honoured; empty: the entry was not reset. */
function resetMemberOf(message: Message): string {
  return message.resetId === undefined ? "" : `${memberOf(message)}\0reset ${message.resetId}`;
}

/**
 * The answer for a message that went to these queues. `same` means sent earlier. It also counts as sent if at least one of
 * several queues took it (R23). An error says "not sent" only if no queue can have the message.
 */
function explainAnswers(answers: readonly QueueAnswer[]): Error | undefined {
  const errors = answers.flatMap((answer) => (typeof answer === "string" ? [] : [explainFailure(answer)]));
  const [first] = errors;
  if (!first) {
    if (answers.every((answer) => answer === "held")) return new OverlapError();
    return answers.every((answer) => answer === "passed" || answer === "held") ? new PassedError() : undefined;
  }
  const doubtful = errors.find((error) => !PublishError.isNotSent(error));
  if (doubtful) return doubtful;
  return errors.length === answers.length ? first : new PublishError(first.message, { cause: first.cause });
}

function explainFailure(failed: Exclude<QueueAnswer, string>): Error {
  if (failed instanceof Error) return failed;
  const key = JSON.stringify(failed.wrongKey);
  const advice = "another program uses that name; rename or delete the key";
  const words = `the broker's key ${key} is not a ${failed.expected}, so nothing can be queued: ${advice}`;
  return new PublishError(words, { notSent: true });
}

/** Beside the default queue, so that whoever may use `<queue>*` may set it. */
function markKey({ naming, defaultQueue }: CelerySettings, id: string): string {
  return `${naming.keyPrefix}${defaultQueue}.beatx-mark.${id}`;
}

function createOutbox(parts: Parts): PublisherOutbox {
  const { connection, naming, tables, unread, used, encode } = parts;
  const { keyPrefix, separator } = naming;
  const database = databaseOf(connection.client);
  const queues = new Set<string>();

  function writesFor(message: Message): readonly OutboxWrite[] {
    const encoded = encode(message);
    return tables.queuesOf(encoded.address).map((queue) => {
      const key = queueKey(queue, encoded.priority, naming);
      unread.noteWrite(key);
      if (encoded.address.exchange === "") queues.add(queue);
      used.notePush(key);
      const write = { kind: "list-push", database, key, value: encoded.toText() } as const;
      if (encoded.overlapKey === undefined || !message.overlap) return write;
      const { ttlMs } = message.overlap;
      return { ...write, unlessHeld: { key: encoded.overlapKey, value: message.id, ttlMs } };
    });
  }

  async function leaveMark({ signal }: Partial<PublishContext> = {}): Promise<OutboxMark> {
    const mark = { key: markKey(parts, randomUUID()), value: randomUUID() };
    const write: Work<Redis, void> = async (redis, mayGoOn) => {
      // Workers declare their queues. For those that have yet to start, do it as Celery does.
      const declarations = redis.pipeline();
      for (const queue of queues) declarations.sadd(bindingKey(queue, keyPrefix), ownBinding(queue, separator));
      await declarations.exec();
      mayGoOn();
      await redis.set(mark.key, mark.value, "PX", OUTBOX_MARK_LIFETIME_MS);
    };
    const setMark = connection.run("leave a mark", write, signal);
    await setMark.catch((error: unknown) => {
      // If the broker forbids setting the mark, return it anyway: no store will find it, so one-step delivery stays off.
      if (!isForbidden(error)) throw error;
    });
    await tables.readAgain(signal);
    return { database, ...mark };
  }

  return { leaveMark, writesFor };
}
