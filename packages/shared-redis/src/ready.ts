import type { RedisClient } from "./client.js";

/**
 * Opens a client that was never opened. Waits for a connection in the making, not for one that failed: the caller's next
 * attempt finds it repaired.
 */
export async function waitUntilReady(client: RedisClient): Promise<void> {
  if (client.status === "ready") return;
  if (client.status === "wait") return client.connect();
  if (client.status !== "connecting" && client.status !== "connect") throw new Error("there is no connection");
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      client.off("ready", settle);
      client.off("close", settle);
      if (client.status === "ready") resolve();
      else reject(new Error("there is no connection"));
    };
    client.on("ready", settle);
    client.on("close", settle);
  });
}
