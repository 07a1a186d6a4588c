import { withDeadline } from "@beatx/core/adapter";
import type { RedisClient } from "./client.js";

/** Ends a client. Lets the server answer what it has been asked, if it does so within `graceMs`. Never rejects. */
export async function endClient(client: RedisClient, graceMs: number): Promise<void> {
  if (client.status === "ready") {
    await withDeadline(client.quit(), graceMs, () => new Error("no answer to QUIT")).catch(() => undefined);
  }
  // A cluster that has ended would begin to end once more.
  if (client.status !== "end") client.disconnect();
}
