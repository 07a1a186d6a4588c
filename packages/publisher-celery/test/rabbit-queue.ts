import { connect } from "amqplib";
import type { Channel, Message } from "amqplib";

/** Runs `work` on a channel of a connection of its own. */
export async function onChannel<T>(uri: string, work: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connect(uri);
  try {
    return await work(await connection.createChannel());
  } finally {
    await connection.close();
  }
}

/** Takes all messages out of a queue. */
export function drainQueue(uri: string, queue: string): Promise<Message[]> {
  return onChannel(uri, async (channel) => {
    const { messageCount } = await channel.checkQueue(queue);
    const messages: Message[] = [];
    if (messageCount === 0) return messages;
    await new Promise<void>((resolve, reject) => {
      const take = (message: Message | null): void => {
        if (message === null) return reject(new Error("the queue was deleted"));
        if (messages.push(message) === messageCount) resolve();
      };
      channel.consume(queue, take, { noAck: true }).catch(reject);
    });
    return messages;
  });
}
