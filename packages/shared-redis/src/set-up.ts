import type { Redis } from "ioredis";

/**
 * Keeps a client from ever working in a database that it was not made for: ioredis becomes "ready" even where SELECT was
 * refused, and then works on database 0. An error in this state means that the set-up of the connection failed: it is
 * dropped before anybody can use it, and tried again.
 */
export function leaveWhenSetUpFails(client: Redis): void {
  client.on("error", () => {
    if (client.status === "connect") client.disconnect(true);
  });
}
