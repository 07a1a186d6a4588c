import { type JsonObject, type Message, type PublishContext, type Publisher, PublishError } from "@beatx/core";
import { PUBLISHER_CONTRACT } from "@beatx/core/adapter";
import { openAmqpConnection } from "./connection.js";
import type { AmqpConnection } from "./connection.js";
import { explainFailure } from "./errors.js";
import { openHolds } from "./holds.js";
import { keepApart } from "./keep-apart.js";
import { createAmqpEncoder } from "./message.js";
import type { AmqpEncoder, AmqpMessage } from "./message.js";
import type { Confirmation } from "./publish-channel.js";
import { createQueueDeclarer } from "./queues.js";
import type { QueueDeclarer } from "./queues.js";
import type { AmqpSession } from "./session.js";
import { readAmqpSettings } from "./settings.js";
import type { AmqpSettings, CeleryAmqpOptions } from "./settings.js";
import { checkHealth } from "./health.js";
import { createUsedQueues } from "./used-queues.js";
import type { UsedQueues } from "./used-queues.js";
import { createWaiting } from "./waiting.js";
import type { Awaited, Waiting } from "./waiting.js";
import { createAnswers } from "./answers.js";
import type { Answers } from "./answers.js";
import { explainNoQueue } from "../message/no-queue.js";
import { overlapKeys, overlapKeysBegin } from "../message/overlap.js";

interface Parts extends AmqpSettings {
  readonly connection: AmqpConnection;
  readonly encode: AmqpEncoder;
  readonly queues: QueueDeclarer;
  readonly waiting: Waiting;
  readonly used: UsedQueues;
}

/** A message, and its index in the batch. */
interface Outgoing {
  readonly index: number;
  readonly message: AmqpMessage;
}

/** A batch on its way. */
interface Sending {
  readonly session: AmqpSession;
  readonly answers: Answers;
  /** Throws when nothing more may be sent. */
  readonly mayGoOn: () => void;
}

/**
 * Messages sent before their confirmations are awaited. Sending one by one is eight times slower; larger batches are
 * slightly slower.
 */
const BATCH_MESSAGES = 500;

/**
 * Publishes to Celery workers over RabbitMQ, each occurrence at least once: sent means that the broker has confirmed it
 * (class P, R24). A repeat has the same id.
 * @throws ConfigError for options that can never work.
 */
export function celeryAmqpPublisher(options: CeleryAmqpOptions): Publisher {
  const settings = readAmqpSettings(options);
  const connection = openAmqpConnection(settings.target, settings.clock);
  const queues = createQueueDeclarer(settings);
  const waiting = createWaiting(settings.target);
  const used = createUsedQueues(settings.clock);
  const { overlapRedis, defaultQueue, target } = settings;
  const keyOf = overlapRedis && overlapKeys("", defaultQueue);
  const encode = createAmqpEncoder({ ...settings, keyOf });
  const parts: Parts = { ...settings, connection, queues, waiting, used, encode };
  const publisher: Publisher = {
    contract: PUBLISHER_CONTRACT,
    name: "celery+amqp",
    delivery: "at-least-once",
    publish: (messages, context) => publish(parts, messages, context),
    checkHealth: ({ signal }) => checkHealth(parts, signal),
    close: () => connection.close(),
  };
  if (!overlapRedis || !keyOf) return publisher;
  return keepApart(publisher, openHolds(overlapRedis, overlapKeysBegin("", defaultQueue), target.timeoutMs), keyOf);
}

async function publish(
  parts: Parts,
  messages: readonly Message[],
  { signal }: PublishContext,
): Promise<readonly (Error | undefined)[]> {
  const { label } = parts.target;
  const answers = createAnswers(messages.length);
  let hasEnded = false;
  const mayGoOn = (): void => {
    if (!hasEnded && !signal.aborted) return;
    throw new PublishError("not sent: its deadline had passed, or it was called off", { notSent: true });
  };
  let session: AmqpSession | undefined;
  const work = async (): Promise<void> => {
    const outgoing = encodeAll(parts, messages, answers);
    const opened = await parts.connection.session();
    // Called off before anything was sent: the connection stays for other batches.
    mayGoOn();
    session = opened;
    await sendAll(parts, outgoing, { session, answers, mayGoOn });
  };
  const awaited = (): Awaited => ({ session, answer: `confirm ${countMessages(answers.missing())}` });
  try {
    await parts.waiting.run(work(), signal, awaited);
    return answers.all();
  } catch (error) {
    hasEnded = true;
    const failure = explainFailure(label, error, session);
    // Messages still in this process must not be sent after the call has failed.
    session?.sever(failure);
    return answers.completeWith(failure);
  }
}

function countMessages(count: number): string {
  return count === 1 ? "a message" : `${count} messages`;
}

function encodeAll(parts: Parts, messages: readonly Message[], answers: Answers): Outgoing[] {
  return messages.flatMap((message, index) => {
    try {
      return [{ index, message: parts.encode(message) }];
    } catch (error) {
      answers.answer(index, PublishError.asNotSent(error));
      return [];
    }
  });
}

async function sendAll(parts: Parts, outgoing: readonly Outgoing[], sending: Sending): Promise<void> {
  const { session, answers, mayGoOn } = sending;
  const queues = queuesOf(outgoing);
  parts.used.note(queues);
  const refused = await parts.queues.declare(session, queues, mayGoOn);
  const byExchange = new Map<string, Outgoing[]>();
  for (const one of outgoing) {
    const { exchange, routingKey } = one.message.address;
    const error = exchange === "" ? refused.get(routingKey) : undefined;
    if (error) answers.answer(one.index, PublishError.asNotSent(error));
    else if (!byExchange.get(exchange)?.push(one)) byExchange.set(exchange, [one]);
  }
  await Promise.all([...byExchange].map(([exchange, group]) => sendGroup(parts, exchange, group, sending)));
}

/** The queues that are addressed by their names, with the arguments of the first entry that gives some. */
function queuesOf(outgoing: readonly Outgoing[]): ReadonlyMap<string, JsonObject | null> {
  const queues = new Map<string, JsonObject | null>();
  for (const { message } of outgoing) {
    const { exchange, routingKey } = message.address;
    if (exchange === "") queues.set(routingKey, queues.get(routingKey) ?? message.queueArguments);
  }
  return queues;
}

async function sendGroup(parts: Parts, exchange: string, group: readonly Outgoing[], sending: Sending): Promise<void> {
  for (let start = 0; start < group.length; start += BATCH_MESSAGES) {
    const batch = group.slice(start, start + BATCH_MESSAGES);
    const channel = await sending.session.publishChannel(exchange);
    const messages = batch.map(({ message }) => message);
    await channel.send(messages, {
      mayGoOn: sending.mayGoOn,
      onWrite: (position) => sending.answers.noteWritten(batch[position]!.index),
      onAnswer(position, confirmation) {
        const { index, message } = batch[position]!;
        sending.answers.answer(index, explain(parts, message, confirmation));
      },
    });
  }
}

function explain({ queues }: Parts, message: AmqpMessage, answer: Confirmation): Error | undefined {
  if (!answer.unroutable) return answer.error;
  const { address, queueArguments } = message;
  return address.exchange === "" ? queues.explainMissing(address.routingKey, queueArguments) : explainNoQueue(address);
}
