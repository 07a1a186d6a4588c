import { PublishError } from "@beatx/core/adapter";
import type { Channel, ChannelModel, ConfirmChannel, Message as ReturnedMessage } from "amqplib";
import { wordsOf } from "./errors.js";
import type { AmqpMessage } from "./message.js";
import { explainPermission } from "./permissions.js";

/** The outcome of a message: taken, or refused with an error. `unroutable`: the broker found no queue for it. */
export type Confirmation = { readonly error?: PublishError; readonly unroutable?: true };

/** How a batch is sent. Positions are those in the batch. */
export interface Delivery {
  /** Throws when nothing more may be sent. */
  readonly mayGoOn: () => void;
  /** The message may be on its way to the broker from now on. */
  readonly onWrite: (position: number) => void;
  /** Called once for each message, as the answers come. */
  readonly onAnswer: (position: number, answer: Confirmation) => void;
}

/** A channel on which the broker confirms each message. */
export interface PublishChannel {
  /**
   * Sends the messages in one go. On a new channel the first message goes alone, and the others follow its confirmation: if
   * the exchange is missing or forbidden, nothing of them was sent. Rejects with the error of `mayGoOn`.
   */
  send(messages: readonly AmqpMessage[], delivery: Delivery): Promise<void>;
}

const UNKNOWN = "the broker may have accepted it";

export async function openPublishChannel(model: ChannelModel, onClose: () => void): Promise<PublishChannel> {
  const channel = await model.createConfirmChannel();
  const broker = watchBroker(channel, onClose);
  /** Ends when a first message was answered; never rejects. */
  let first: Promise<void> | undefined;

  async function send(messages: readonly AmqpMessage[], delivery: Delivery): Promise<void> {
    const part = (from: number, to: number): Part => ({ messages, from, to, delivery });
    let next = 0;
    while (next < messages.length && !broker.hasAnswered()) {
      if (first) {
        await first;
        continue;
      }
      const alone = writePart(channel, broker, part(next, ++next));
      const clear = (): void => void (first = undefined);
      first = alone.then(clear, clear);
      await alone;
    }
    if (next < messages.length) await writePart(channel, broker, part(next, messages.length));
  }

  return { send };
}

/** Messages of a batch, from the first of these positions to before the second. */
interface Part {
  readonly messages: readonly AmqpMessage[];
  readonly from: number;
  readonly to: number;
  readonly delivery: Delivery;
}

/** Writes the messages at once. Resolves when each has its answer. Rejects with the error of `mayGoOn`. */
async function writePart(channel: ConfirmChannel, broker: Broker, part: Part): Promise<void> {
  const { messages, from, to, delivery } = part;
  const loss = broker.loss();
  if (loss) {
    for (let position = from; position < to; position++) delivery.onAnswer(position, { error: loss.ofUnwritten });
    return;
  }
  delivery.mayGoOn();
  await new Promise<void>((resolve) => {
    let unanswered = to - from;
    for (let position = from; position < to; position++) {
      delivery.onWrite(position);
      write(channel, broker, messages[position]!, (answer) => {
        delivery.onAnswer(position, answer);
        unanswered -= 1;
        if (unanswered === 0) resolve();
      });
    }
  });
}

/** Writes a message. `onAnswer` is called once. */
function write(
  channel: ConfirmChannel,
  broker: Broker,
  message: AmqpMessage,
  onAnswer: (answer: Confirmation) => void,
): void {
  const { id, address, content } = message;
  const onConfirm = (failure: unknown): void => onAnswer(broker.judge(id, failure !== null));
  try {
    channel.publish(address.exchange, address.routingKey, content, message.toProperties(), onConfirm);
    broker.noteWritten();
  } catch (error) {
    // No part of it was written.
    const words = `the message cannot be sent: ${wordsOf(error)}`;
    onAnswer({ error: new PublishError(words, { notSent: true }) });
  }
}

/** The errors for the messages of a channel that has ended. */
interface Loss {
  readonly ofWritten: PublishError;
  readonly ofUnwritten: PublishError;
}

interface Broker {
  /** Whether it confirmed or lost a message: it accepts messages on this channel, or the channel has ended. */
  hasAnswered(): boolean;
  loss(): Loss | undefined;
  noteWritten(): void;
  /** The outcome of a message that was confirmed or lost. */
  judge(id: string, failed: boolean): Confirmation;
}

function watchBroker(channel: Channel, onClose: () => void): Broker {
  /** Task ids of returned messages, until the confirmation that follows. */
  const returned = new Set<string>();
  let unconfirmed = 0;
  let hasConfirmed = false;
  let lost: Loss | undefined;
  channel.on("return", ({ properties }: ReturnedMessage) => returned.add(String(properties.correlationId)));
  channel.on("error", (error) => (lost = explainRefusal(error, unconfirmed)));
  // Runs before amqplib's own listener, which calls back for all unconfirmed messages.
  channel.prependListener("close", () => {
    const words = "the connection to the broker was lost";
    lost ??= {
      ofWritten: new PublishError(`not confirmed: ${words}; ${UNKNOWN}`),
      ofUnwritten: new PublishError(`not sent: ${words}`, { notSent: true }),
    };
    onClose();
  });
  return {
    hasAnswered: () => hasConfirmed || lost !== undefined,
    loss: () => lost,
    noteWritten: () => void (unconfirmed += 1),
    judge(id, failed) {
      unconfirmed -= 1;
      if (lost !== undefined) return { error: lost.ofWritten };
      hasConfirmed = true;
      const refusal = "the broker did not take the message: its queue is full, or failed";
      if (failed) return { error: new PublishError(refusal) };
      return returned.delete(id) ? { unroutable: true } : {};
    },
  };
}

/** The ways out of refusals for which the broker took nothing of the message that it refused. */
const ADVICE = new Map<unknown, string>([
  [404, "start the worker that declares the exchange"],
  [403, "give the user the permission to write there"],
]);

function adviceFor(error: unknown): string | undefined {
  const { code } = error as { readonly code?: unknown };
  return (code === 403 ? explainPermission(wordsOf(error), { toSend: true }) : undefined) ?? ADVICE.get(code);
}

/**
 * The errors for a channel that the broker closed. It does not say which message it refused: of several unconfirmed ones it
 * may have taken some, as when the exchange is deleted meanwhile.
 */
function explainRefusal(error: unknown, unconfirmed: number): Loss {
  const advice = adviceFor(error);
  const words = advice === undefined ? wordsOf(error) : `${wordsOf(error)}; ${advice}`;
  const ofUnwritten = new PublishError(`not sent: ${words}`, { notSent: true });
  if (advice !== undefined && unconfirmed === 1) return { ofWritten: ofUnwritten, ofUnwritten };
  const ofWritten = new PublishError(`the broker refused the message, or one sent with it: ${words}; ${UNKNOWN}`);
  return { ofWritten, ofUnwritten };
}
