import { PublishError } from "@beatx/core/adapter";
import type { ChannelModel, Message as ReturnedMessage } from "amqplib";
import { wordsOf } from "./errors.js";
import type { AmqpMessage } from "./message.js";

/** What became of a message: taken, or the error that kept it back. `unroutable`: the broker found no queue for it. */
export type Confirmation = { readonly error?: PublishError; readonly unroutable?: true };

type Settle = (position: number, answer: Confirmation) => void;

/** A channel on which the broker confirms each message. */
export interface PublishChannel {
  /** Hands the messages over in one go; `settle` is called once for each as the answers come. Not for an empty list. */
  send(messages: readonly AmqpMessage[], settle: Settle): Promise<void>;
}

const REPEAT = "perhaps it was taken: the next attempt has the same id";

export async function openPublishChannel(model: ChannelModel, onClose: () => void): Promise<PublishChannel> {
  const channel = await model.createConfirmChannel();
  /** By task id, until the confirmation, which follows. */
  const returned = new Set<string>();
  let lost: PublishError | undefined;
  channel.on("return", ({ properties }: ReturnedMessage) => returned.add(String(properties.correlationId)));
  channel.on("error", (error) => (lost = explainRefusal(error)));
  // Before amqplib's own listener, which calls back for all that is unconfirmed.
  channel.prependListener("close", () => {
    lost ??= new PublishError(`not confirmed: the connection to the broker was lost; ${REPEAT}`);
    onClose();
  });

  function judge(id: string, failed: boolean): Confirmation {
    if (lost !== undefined) return { error: lost };
    if (failed) return { error: new PublishError("the broker did not take the message: its queue is full, or failed") };
    return returned.delete(id) ? { unroutable: true } : {};
  }

  /** Throws when it cannot be written, and then nothing of it was. */
  function write(message: AmqpMessage, settle: (answer: Confirmation) => void): void {
    const { id, address, content } = message;
    const onAnswer = (failure: unknown): void => settle(judge(id, failure !== null));
    channel.publish(address.exchange, address.routingKey, content, message.toProperties(), onAnswer);
  }

  function send(messages: readonly AmqpMessage[], settle: Settle): Promise<void> {
    return new Promise((resolve) => {
      let awaited = messages.length;
      const conclude = (position: number, answer: Confirmation): void => {
        settle(position, answer);
        awaited -= 1;
        if (awaited === 0) resolve();
      };
      messages.forEach((message, position) => {
        try {
          write(message, (answer) => conclude(position, answer));
        } catch (error) {
          conclude(position, { error: new PublishError(`the message cannot be sent: ${wordsOf(error)}`) });
        }
      });
    });
  }

  return { send };
}

/** The broker closed the channel. Where the exchange is missing or forbidden, none of its messages was taken. */
function explainRefusal(error: unknown): PublishError {
  const { code } = error as { readonly code?: unknown };
  const words = wordsOf(error);
  if (code === 404) return new PublishError(`not sent: ${words}; start the worker that declares the exchange`);
  if (code === 403) return new PublishError(`not sent: ${words}; give the user the permission to write there`);
  return new PublishError(`the broker refused the message, or one sent with it: ${words}; ${REPEAT}`);
}
