import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { RedisClient } from "./client.js";
import { messageOf } from "./errors.js";
import type { MayGoOn } from "./time-limit.js";

/** A Lua script, which Redis carries out as one atomic step. */
export interface Script {
  readonly lua: string;
  readonly sha1: string;
}

/** An argument of a command. */
export type Argument = string | number;

/** Joins the parts to one script. */
export function script(...parts: readonly string[]): Script {
  const lua = parts.join("\n");
  return { lua, sha1: createHash("sha1").update(lua).digest("hex") };
}

/** Part of a script: `now` is the server's clock, epoch ms. */
export const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * Runs a script by its hash. Sends its text only to a server that does not have it (restarted, or its scripts flushed),
 * and not after `mayGoOn` throws.
 */
export async function runScript(
  client: RedisClient,
  { lua, sha1 }: Script,
  keys: readonly string[],
  args: readonly Argument[],
  mayGoOn: MayGoOn,
): Promise<unknown> {
  const rest = [keys.length, ...keys, ...args];
  try {
    return await sendCommand(client, "evalsha", [sha1, ...rest]);
  } catch (error) {
    if (!messageOf(error).startsWith("NOSCRIPT")) throw error;
    mayGoOn();
    return sendCommand(client, "eval", [lua, ...rest]);
  }
}

/** Sends any command: `Redis` and `Cluster` take it alike, but their types share no signature. */
export function sendCommand(client: RedisClient, name: string, args: readonly Argument[]): Promise<unknown> {
  return (client as Redis).call(name, [...args]);
}
