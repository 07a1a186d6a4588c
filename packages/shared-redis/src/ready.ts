import { once } from "node:events";
import type { Redis } from "ioredis";
import type { RedisClient } from "./client.js";

/** Waits until a client can take commands. */
export interface Readiness {
  /** Opens a client that is not open. Waits for the connection attempt under way or the next one; rejects if that fails. */
  wait(): Promise<void>;
  /** Takes the listeners off the client. */
  stop(): void;
}

interface Settings {
  /** The server, for messages. */
  readonly place: string;
  /** Whether a client that has ended is opened again. */
  readonly isOwned: boolean;
  /**
   * ioredis connects to a node of a cluster with the first command for it, and rejects all others until it is connected. So
   * work waits for the node that keeps this key.
   */
  readonly key?: string;
}

export function watchReadiness(client: RedisClient, { place, isOwned, key }: Settings): Readiness {
  // Shared by all that wait, so that listeners do not pile up on the client.
  let becomingReady: Promise<void> | undefined;
  let reachingNode: Promise<unknown> | undefined;
  const dropNode = (): void => {
    reachingNode = undefined;
  };
  client.on("-node", dropNode);
  if (isOwned && !client.isCluster) leaveWhenSetUpFails(client);

  async function wait(): Promise<void> {
    if (client.status === "end" && !isOwned) throw new Error("the given client was closed");
    if (client.status !== "ready" || !isWritable(client)) {
      becomingReady ??= nextOutcome(client, place).finally(() => (becomingReady = undefined));
      await becomingReady;
    }
    if (!client.isCluster || key === undefined) return;
    reachingNode ??= client.exists(key);
    reachingNode.catch(dropNode);
    await reachingNode;
  }

  return { wait, stop: () => void client.off("-node", dropNode) };
}

/** A client that drops its connection stays "ready" until the socket is closed. */
export function isWritable(client: RedisClient): boolean {
  return client.isCluster || (client as Redis).stream.writable;
}

/**
 * Resolves or rejects with the connection attempt. If it closes without an error, the client soon tries again, and this
 * waits for that.
 */
async function nextOutcome(client: RedisClient, place: string): Promise<void> {
  const listening = new AbortController();
  const { signal } = listening;
  const outcomes = [
    once(client, "ready", { signal }).then(() => true),
    once(client, "end", { signal }).then(() => false),
  ];
  // Failures come as events too; `once` rejects with an "error".
  if (client.status === "wait" || client.status === "end") client.connect().catch(() => undefined);
  const isReady = await Promise.race(outcomes).catch(() => false);
  listening.abort();
  if (!isReady) throw new Error(`no connection to ${place}`);
}

/**
 * ioredis becomes "ready" even where SELECT was refused, and then works on database 0. An error in this state means that
 * the set-up failed: drop the connection before it is used, and try again.
 */
function leaveWhenSetUpFails(client: RedisClient): void {
  client.on("error", () => {
    if (client.status === "connect") client.disconnect(true);
  });
}
