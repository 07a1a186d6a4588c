import type { StoreConnection } from "./connect.js";

/** A message that is no hint: with it a health check finds out whether hints can be sent. */
export const NO_HINT = "health check";

/**
 * Calls `onHint` for every message of the channel, and after each break of the connection, which may have hidden one. Uses
 * a connection of its own. Once subscribed, resolves to a function that ends the watch. @throws StoreError
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
  subscriber.client.on("message", (_channel: string, text: string) => {
    if (text !== NO_HINT) onHint();
  });
  subscriber.client.on("ready", () => {
    // If this fails, there are no hints until the next connection. Polling finds the changes anyway.
    void subscribe().then(onHint, () => undefined);
  });
  return () => subscriber.close();
}
