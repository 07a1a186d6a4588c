import { createHash } from "node:crypto";

/** A Lua script, which Redis carries out as one atomic step. */
export interface Script {
  readonly lua: string;
  readonly sha1: string;
}

export function script(...parts: readonly string[]): Script {
  const lua = parts.join("\n");
  return { lua, sha1: createHash("sha1").update(lua).digest("hex") };
}

/** `now`: the server's clock, epoch ms. */
export const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;
