import { startRabbit, startRedis } from "@beatx/test-servers";

/** The brokers of which a recovery is measured. */
export type BrokerName = "redis" | "rabbitmq";

/** A running broker. */
export interface RunningBroker {
  readonly name: BrokerName;
  readonly port: number;
  kill(): Promise<void>;
  /** With its data. Resolves when it answers. */
  restart(): Promise<void>;
  /** Where the publisher finds it, through `port` of a proxy. */
  uri(port: number): string;
  stop(): Promise<void>;
}

/** Starts a broker of its own. */
export async function startBroker(name: BrokerName): Promise<RunningBroker> {
  const server = name === "redis" ? await startRedis({ appendOnly: true }) : await startRabbit();
  const uri = (port: number): string =>
    name === "redis"
      ? `celery+redis://127.0.0.1:${port}/0`
      : `celery+amqp://guest:guest@127.0.0.1:${port}//?queue_type=classic`;
  return {
    name,
    port: server.port,
    kill: () => server.kill(),
    restart: () => server.restart(),
    uri,
    stop: () => server.stop(),
  };
}
