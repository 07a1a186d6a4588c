import { connect } from "amqplib";
import { type Cell, portOf } from "./cell.js";
import { measureBursts } from "./measure-bursts.js";
import { BATCH, celeryText, QUEUE } from "./sample.js";

interface CeleryEnvelope {
  readonly body: string;
  readonly headers: Record<string, unknown>;
  readonly properties: { readonly correlation_id: string; readonly reply_to: string };
}

/** The same persistent message, published with amqplib; the broker's confirms are awaited for every 500. */
export const amqpBurst: Cell = async (options) => {
  const connection = await connect(`amqp://guest:guest@127.0.0.1:${portOf(options, "rabbitmq")}`);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(QUEUE, { durable: true });
  const { body, headers, properties } = JSON.parse(await celeryText()) as CeleryEnvelope;
  const [content, fixed] = [Buffer.from(body, "base64"), { persistent: true, contentType: "application/json" }];
  const message = { ...fixed, contentEncoding: "utf-8", headers, correlationId: properties.correlation_id };
  const drained = (): Promise<void> => new Promise((resolve) => channel.once("drain", resolve));
  const result = await measureBursts(options, {
    prepare: async () => void (await channel.purgeQueue(QUEUE)),
    send: async () => {
      for (let sent = 1; sent <= options.count; sent++) {
        if (!channel.publish("", QUEUE, content, message)) await drained();
        if (sent % BATCH === 0 || sent === options.count) await channel.waitForConfirms();
      }
    },
    arrived: async () => (await channel.checkQueue(QUEUE)).messageCount,
  });
  await connection.close();
  return result;
};
