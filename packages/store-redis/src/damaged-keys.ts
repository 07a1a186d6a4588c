/** Keys that beatx did not write, or not like this: each is named, with its value or type and the way out. */

import { StoreError } from "@beatx/core/adapter";
import { script } from "@beatx/shared-redis";
import type { Argument, Script } from "@beatx/shared-redis";
import type { RedisKeys } from "./keys.js";

/** Runs a script; as `RedisConnection.runScript`. */
type RunScript = (what: string, script: Script, keys: readonly string[], args: readonly Argument[]) => Promise<unknown>;

/** A part of the lock that was damaged and is now mended, and the beginning of what it was. */
export type Damage = readonly [part: "lifetime" | "until" | "fence", was: string];

const TYPES: Readonly<Record<Exclude<keyof RedisKeys, "wake">, string>> = {
  lock: "string",
  leader: "hash",
  fence: "string",
  server: "string",
  definitions: "hash",
  cursors: "hash",
  history: "hash",
  revision: "string",
  changes: "zset",
  removals: "zset",
  floor: "string",
  names: "zset",
};

/** KEYS any. Answers the type of each. */
const READ_TYPES: Script = script(`
local types = {}
for index, key in ipairs(KEYS) do types[index] = redis.call('TYPE', key).ok end
return types`);

/** KEYS lock. Answers size, beginning and ms left of a lock that beatx did not write; nothing otherwise. */
const READ_FOREIGN_LOCK: Script = script(`
local value = redis.call('GET', KEYS[1]) or ''
local fence = string.match(string.sub(value, -20), ':(%d+)$')
local left = redis.call('PTTL', KEYS[1])
if value == '' or fence and #fence < 15 and left >= 0 then return false end
return {#value, string.sub(value, 1, 60), left}`);

/** The keys of the namespace that have another type than beatx's, one line each. @throws StoreError */
export async function findWrongTypes(runScript: RunScript, keys: RedisKeys): Promise<string[]> {
  const names = Object.keys(TYPES) as (keyof typeof TYPES)[];
  const types = (await runScript(
    "look at the keys",
    READ_TYPES,
    names.map((name) => keys[name]),
    [],
  )) as string[];
  return names.flatMap((name, index) => {
    const [key, type, expected] = [keys[name], types[index]!, TYPES[name]];
    if (type === "none" || type === expected) return [];
    return [
      `${key} is a ${type}, not a ${expected}, so another program made it: choose another namespace, or remove the ` +
        `key (redis-cli DEL '${key}')`,
    ];
  });
}

/** @throws StoreError */
export async function describeForeignLock(runScript: RunScript, { lock }: RedisKeys): Promise<string[]> {
  const found = (await runScript("look at the lock", READ_FOREIGN_LOCK, [lock], [])) as [number, string, number] | null;
  if (found === null) return [];
  const [size, beginning, left] = found;
  const lifetime = left < 0 ? " and has no lifetime" : "";
  return [
    `${lock} holds ${quote(beginning)} (${size} bytes)${lifetime}: the next node that tries to become leader repairs it`,
  ];
}

/** The notice about a lock whose value is not beatx's. */
export function foreignLockNotice({ lock }: RedisKeys, size: number, beginning: string): string {
  return (
    `${lock} holds ${quote(beginning)} (${size} bytes), which beatx did not write. It counts as the lock of an unknown ` +
    "node. If it comes back, another program uses this namespace: choose another one"
  );
}

/** The error for a lock whose value is not beatx's; it ends in `leftMs`. */
export function foreignLock(leftMs: number, notice: string): StoreError {
  return new StoreError(`could not acquire the lock, try again in ${leftMs} ms: ${notice}`);
}

/** The damage that was found and mended, one line each. */
export function mendedKeys({ lock, leader, fence }: RedisKeys, ms: number, damage: readonly Damage[]): string[] {
  return damage.map(([part, was]) => {
    if (part === "fence") return `${fence} was ${quote(was)}, not a number: it was set to the highest fence known`;
    if (part === "until")
      return `the field "until" of ${leader} was ${quote(was)}, not a time: no node may lead for ${ms} ms`;
    return `${lock} had no expiry (PERSIST, a restore or a copy); it now expires in ${ms} ms unless its holder renews it`;
  });
}

/** The error after damage was mended: the next call goes on. */
export function mendedFirst(lines: readonly string[]): StoreError {
  return new StoreError(
    "could not acquire the lock: a damaged key had to be repaired first, the next attempt continues. " +
      lines.join("; "),
  );
}

function quote(beginning: string): string {
  return JSON.stringify(beginning);
}
