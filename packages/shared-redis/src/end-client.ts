import { withDeadline } from "@beatx/core/adapter";
import type { RedisClient } from "./client.js";

/** Ends a client, whatever the server does. Waits up to `graceMs` for answers under way. Never rejects. */
export async function endClient(client: RedisClient, graceMs: number): Promise<void> {
  if (client.status === "ready") {
    await withDeadline(client.quit(), graceMs, () => new Error("no answer to QUIT")).catch(() => undefined);
  }
  // A cluster that has ended would start to end again.
  if (client.status !== "end") client.disconnect();
}
