import { randomUUID } from "node:crypto";
import { BeatxError, PublishError } from "@beatx/core/adapter";
import type { AmqpConnection } from "./connection.js";
import { explainLoss } from "./errors.js";
import type { AmqpMessage } from "./message.js";
import type { PublishChannel } from "./publish-channel.js";
import type { AmqpSession } from "./session.js";
import type { AmqpSettings } from "./settings.js";
import type { Waiting } from "./waiting.js";

/** What a check needs to know about the publisher. */
export interface HealthParts extends Pick<AmqpSettings, "target"> {
  readonly connection: AmqpConnection;
  readonly waiting: Waiting;
}

/**
 * Whether the broker would take messages now. Sends two that no queue can get, one after the other, and waits for their
 * return: only then does a broker that is short of memory or disk say so, and one that refuses the user. One would not do,
 * because a broker with such an alarm still takes the next message of each connection. @throws PublishError
 */
export async function checkHealth(
  { target, connection, waiting }: HealthParts,
  signal: AbortSignal,
): Promise<string[]> {
  let session: AmqpSession | undefined;
  const work = async (): Promise<void> => {
    session = await connection.session();
    await sendUnlessUnderWay(session, target.label);
  };
  try {
    await waiting.run(work(), signal, () => ({ session, answer: "answer" }));
    return [];
  } catch (error) {
    throw BeatxError.isInstance(error) ? error : explainLoss(target.label, error);
  }
}

/** Messages of one check. */
const MESSAGES = 2;

/** Checks that await the return of their messages. A broker that does not answer gets no more. */
const underWay = new WeakMap<AmqpSession, Promise<void>>();

function sendUnlessUnderWay(session: AmqpSession, label: string): Promise<void> {
  const sent = underWay.get(session);
  if (sent) return sent;
  const sending = sendNowhere(session, label).finally(() => underWay.delete(session));
  underWay.set(session, sending);
  return sending;
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
