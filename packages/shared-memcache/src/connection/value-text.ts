import { isUtf8 } from "node:buffer";
import type { MemcacheValue } from "./memcache-connection.js";

/**
 * The text of a value. beatx writes UTF-8 with flags 0. Any other value becomes a text that begins with "(" and shows it to
 * people; no text of beatx begins like that, so each reader finds it unreadable.
 */
export function textOf({ bytes, flags }: MemcacheValue): string {
  if (flags !== 0) return `(flags ${flags}) ${bytes.toString("latin1")}`;
  return isUtf8(bytes) ? bytes.toString() : `(not UTF-8) ${bytes.toString("latin1")}`;
}
