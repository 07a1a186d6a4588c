import { type ChannelModel, connect } from "amqplib";
import type { Arrival } from "../checker/record.js";
import { type Collector, contentOfHeaders } from "./collector.js";

const AGAIN_AFTER_MS = 50;

/** Consumes a durable classic queue, and declares it first. Comes back after each break of its connection. */
export function consumeRabbit(uri: string, queue: string): Collector {
  const arrivals: Arrival[] = [];
  const seen = new Set<string>();
  let open: ChannelModel | undefined;
  let isOpen = true;
  const session = async (): Promise<void> => {
    const connection = await connect(uri);
    open = connection;
    const closed = new Promise<void>((resolve) => connection.once("close", resolve));
    connection.on("error", () => undefined);
    const channel = await connection.createChannel();
    channel.on("error", () => undefined);
    await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "classic" } });
    await channel.consume(queue, (message) => {
      if (message === null) return;
      const content = contentOfHeaders(message.properties.headers ?? {});
      // One that this collector has had, and whose acknowledgement was lost.
      if (!message.fields.redelivered || !seen.has(content.id)) arrivals.push({ ...content, arrivedAt: Date.now() });
      seen.add(content.id);
      channel.ack(message);
    });
    await closed;
  };
  const loop = async (): Promise<void> => {
    while (isOpen) {
      await session().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
    }
  };
  const ended = loop();
  return {
    arrivals,
    stalls: [],
    async stop() {
      isOpen = false;
      await open?.close().catch(() => undefined);
      await ended;
    },
  };
}
