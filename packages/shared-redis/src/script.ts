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
export type Argument = string | number | Buffer;

/** By hash. Scripts are made once, when their module is loaded. */
const texts = new Map<string, string>();

/** Joins the parts to one script. */
export function script(...parts: readonly string[]): Script {
  const lua = parts.join("\n");
  const sha1 = createHash("sha1").update(lua).digest("hex");
  texts.set(sha1, lua);
  return { lua, sha1 };
}

/** The text of a script by its hash: one made here, or one that a library gave the client. */
export function textOfScript(client: RedisClient, sha1: string): string | undefined {
  const { scriptsSet = {} } = client as {
    readonly scriptsSet?: Readonly<Record<string, { sha: string; lua: string }>>;
  };
  return texts.get(sha1) ?? Object.values(scriptsSet).find(({ sha }) => sha === sha1)?.lua;
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
