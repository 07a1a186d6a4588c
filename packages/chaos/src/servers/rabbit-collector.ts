import { type ChannelModel, connect } from "amqplib";
import type { Arrival, Stall } from "../checker/record.js";
import { pause } from "../faults/pause.js";
import { type Collector, contentOfHeaders, SLOW_LOOK_MS } from "./collector.js";

const AGAIN_AFTER_MS = 50;
const PROBE_QUEUE = "probe";
const PROBE_EVERY_MS = 200;

/** Consumes a durable classic queue, and declares it first. Comes back after each break of its connection. */
export function consumeRabbit(uri: string, queue: string): Collector {
  const arrivals: Arrival[] = [];
  const stalls: Stall[] = [];
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
    // It ends with the connection, in one way or another.
    probe(connection, stalls).catch(() => undefined);
    await closed;
  };
  const loop = async (): Promise<void> => {
    while (isOpen) {
      await session().catch(() => undefined);
      await pause(AGAIN_AFTER_MS);
    }
  };
  const ended = loop();
  return {
    arrivals,
    stalls,
    async stop() {
      isOpen = false;
      await open?.close().catch(() => undefined);
      await ended;
    },
  };
}

/** Sends durable messages of its own, until the connection breaks, and notes how long their confirmations take. */
async function probe(connection: ChannelModel, stalls: Stall[]): Promise<void> {
  const channel = await connection.createConfirmChannel();
  let isOpen = true;
  channel.on("error", () => undefined).on("close", () => (isOpen = false));
  await channel.assertQueue(PROBE_QUEUE, { durable: true, maxLength: 1 });
  while (isOpen) {
    const from = Date.now();
    channel.sendToQueue(PROBE_QUEUE, Buffer.from("probe"), { persistent: true });
    await channel.waitForConfirms();
    if (Date.now() - from > SLOW_LOOK_MS) stalls.push({ of: "collector", from, to: Date.now() });
    await pause(PROBE_EVERY_MS);
  }
}
