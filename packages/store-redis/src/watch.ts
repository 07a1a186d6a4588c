import type { StoreConnection } from "./connect.js";

/**
 * Calls `onHint` for every message of the channel, and after a break of the connection, in which one may have been missed.
 * Has a connection of its own. Resolves when subscribed, to a function that ends it. @throws StoreError
 */
export async function watchChannel(
  connection: StoreConnection,
  channel: string,
  onHint: () => void,
): Promise<() => Promise<void>> {
  const subscriber = connection.duplicate();
  const subscribe = (): Promise<unknown> =>
    subscriber.run("subscribe to the hints", (client) => client.subscribe(channel));
  try {
    await subscribe();
  } catch (error) {
    await subscriber.close();
    throw error;
  }
  subscriber.client.on("message", () => onHint());
  subscriber.client.on("ready", () => {
    // Where this fails there are no hints until the next connection: polling stays the truth.
    void subscribe().then(onHint, () => undefined);
  });
  return () => subscriber.close();
}
