import { randomUUID } from "node:crypto";
import { PublishError } from "@beatx/core/adapter";
import type { AmqpConnection } from "./connection.js";
import { explainFailure } from "./errors.js";
import type { AmqpMessage } from "./message.js";
import type { PublishChannel } from "./publish-channel.js";
import type { AmqpSession } from "./session.js";
import type { AmqpSettings } from "./settings.js";
import type { QueueDeclarer } from "./queues.js";
import type { UsedQueues } from "./used-queues.js";
import type { Waiting } from "./waiting.js";

/** What a check needs to know about the publisher. */
export interface HealthParts extends Pick<AmqpSettings, "target" | "defaultQueue"> {
  readonly connection: AmqpConnection;
  readonly waiting: Waiting;
  readonly queues: QueueDeclarer;
  readonly used: UsedQueues;
}

/**
 * Whether the broker would take messages now. Sends two that no queue can get, one after the other, and waits for their
 * return: only then does a broker that is short of memory or disk say so, and one that refuses the user. One would not do,
 * because a broker with such an alarm still takes the next message of each connection. Then looks for the queues that
 * workers declare. Resolves to a warning for each that is missing. @throws PublishError, also if all of them are missing
 */
export async function checkHealth(parts: HealthParts, signal: AbortSignal): Promise<readonly string[]> {
  const { target, connection, waiting } = parts;
  let session: AmqpSession | undefined;
  const work = async (): Promise<readonly string[]> => {
    session = await connection.session();
    return checkUnlessUnderWay(session, parts);
  };
  try {
    return await waiting.run(work(), signal, () => ({ session, answer: "answer" }));
  } catch (error) {
    throw explainFailure(target.label, error, session);
  }
}

/** Messages of one check. */
const MESSAGES = 2;

/** Checks without all answers. A broker that does not answer gets no more. */
const underWay = new WeakMap<AmqpSession, Promise<readonly string[]>>();

function checkUnlessUnderWay(session: AmqpSession, parts: HealthParts): Promise<readonly string[]> {
  const begun = underWay.get(session);
  if (begun) return begun;
  const check = async (): Promise<readonly string[]> => {
    await sendNowhere(session, parts.target.label);
    return lookForQueues(session, parts);
  };
  const checking = check().finally(() => underWay.delete(session));
  underWay.set(session, checking);
  return checking;
}

/** Before the first message, the default queue stands for all. */
async function lookForQueues(
  session: AmqpSession,
  { queues, used, defaultQueue }: HealthParts,
): Promise<readonly string[]> {
  const known = used.lately();
  const { errors, lookedFor } = await queues.findMissing(session, known ?? new Map([[defaultQueue, null]]));
  const [first] = errors;
  if (first === undefined || errors.length < lookedFor) return errors.map(({ message }) => message);
  if (known !== undefined) throw first;
  throw new PublishError(`${first.message}; if no entry uses it, set "defaultQueue" to a queue that they use`);
}

async function sendNowhere(session: AmqpSession, label: string): Promise<void> {
  const channel = await session.healthChannel();
  for (let sent = 0; sent < MESSAGES; sent += 1) await sendOne(session, channel, label);
}

async function sendOne(session: AmqpSession, channel: PublishChannel, label: string): Promise<void> {
  let failure: PublishError | undefined;
  await channel.send([makeMessage()], {
    mayGoOn: () => undefined,
    onWrite: () => undefined,
    onAnswer: (_position, { error }) => void (failure = error),
  });
  if (!failure) return;
  // The connection ended, with words that say more: those of a batch that the broker did not confirm.
  if (session.endReason) throw session.endReason;
  throw new PublishError(`the Celery broker at ${label} takes no messages: ${failure.message}`);
}

/** To a queue that does not exist: the broker returns it. */
function makeMessage(): AmqpMessage {
  const id = randomUUID();
  return {
    id,
    address: { exchange: "", routingKey: `beatx-health-check-${id}` },
    content: Buffer.alloc(0),
    queueArguments: null,
    toProperties: () => ({ mandatory: true, persistent: false, correlationId: id }),
  };
}
