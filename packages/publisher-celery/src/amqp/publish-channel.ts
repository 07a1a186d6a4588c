import { PublishError } from "@beatx/core/adapter";
import type { Channel, ChannelModel, Message as ReturnedMessage } from "amqplib";
import { wordsOf } from "./errors.js";
import type { AmqpMessage } from "./message.js";

/** The outcome of a message: taken, or refused with an error. `unroutable`: the broker found no queue for it. */
export type Confirmation = { readonly error?: PublishError; readonly unroutable?: true };

type OnAnswer = (position: number, answer: Confirmation) => void;

/** A channel on which the broker confirms each message. */
export interface PublishChannel {
  /** Sends the messages in one go and calls `onAnswer` once for each as the answers come. Not for an empty list. */
  send(messages: readonly AmqpMessage[], onAnswer: OnAnswer): Promise<void>;
}

const UNKNOWN = "it may have been taken";

export async function openPublishChannel(model: ChannelModel, onClose: () => void): Promise<PublishChannel> {
  const channel = await model.createConfirmChannel();
  const judge = watchAnswers(channel, onClose);

  /** Throws when the message cannot be written; then no part of it was. */
  function write(message: AmqpMessage, onAnswer: (answer: Confirmation) => void): void {
    const { id, address, content } = message;
    const onConfirm = (failure: unknown): void => onAnswer(judge(id, failure !== null));
    channel.publish(address.exchange, address.routingKey, content, message.toProperties(), onConfirm);
  }

  function send(messages: readonly AmqpMessage[], onAnswer: OnAnswer): Promise<void> {
    return new Promise((resolve) => {
      let awaited = messages.length;
      const conclude = (position: number, answer: Confirmation): void => {
        onAnswer(position, answer);
        awaited -= 1;
        if (awaited === 0) resolve();
      };
      messages.forEach((message, position) => {
        try {
          write(message, (answer) => conclude(position, answer));
        } catch (error) {
          const words = `the message cannot be sent: ${wordsOf(error)}`;
          conclude(position, { error: new PublishError(words, { notSent: true }) });
        }
      });
    });
  }

  return { send };
}

/** Listens to the broker. The returned function gives the outcome of a message that was confirmed or lost. */
function watchAnswers(channel: Channel, onClose: () => void): (id: string, failed: boolean) => Confirmation {
  /** Task ids of returned messages, until the confirmation that follows. */
  const returned = new Set<string>();
  let lost: PublishError | undefined;
  channel.on("return", ({ properties }: ReturnedMessage) => returned.add(String(properties.correlationId)));
  channel.on("error", (error) => (lost = explainRefusal(error)));
  // Runs before amqplib's own listener, which calls back for all unconfirmed messages.
  channel.prependListener("close", () => {
    lost ??= new PublishError(`not confirmed: the connection to the broker was lost; ${UNKNOWN}`);
    onClose();
  });
  return (id, failed) => {
    if (lost !== undefined) return { error: lost };
    if (failed) return { error: new PublishError("the broker did not take the message: its queue is full, or failed") };
    return returned.delete(id) ? { unroutable: true } : {};
  };
}

/**
 * The error for a channel that the broker closed. If the exchange is missing or forbidden, it took none of the messages. If
 * only some routing keys are forbidden, it may have taken others.
 */
function explainRefusal(error: unknown): PublishError {
  const { code } = error as { readonly code?: unknown };
  const words = wordsOf(error);
  const notSent = !/ to topic /.test(words);
  if (code === 404)
    return new PublishError(`not sent: ${words}; start the worker that declares the exchange`, { notSent });
  if (code === 403)
    return new PublishError(`not sent: ${words}; give the user the permission to write there`, { notSent });
  return new PublishError(`the broker refused the message, or one sent with it: ${words}; ${UNKNOWN}`);
}
