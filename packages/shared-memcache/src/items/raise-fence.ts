import type { MemcacheCommands } from "../connection/memcache-connection.js";
import { fenceOf, withFence } from "./fence-text.js";

/**
 * Puts the fence on one item, or on `empty` where there is none (R35). Answers the text that stands there then: with the
 * fence that was asked for, or with a higher one, which is left.
 */
export async function sealItem(commands: MemcacheCommands, key: string, fence: number, empty: string): Promise<string> {
  for (;;) {
    const item = await commands.gets(key);
    if (item && fenceOf(item.text) >= fence) return item.text;
    const sealed = withFence(item?.text ?? empty, fence);
    const isSealed = item ? await commands.cas(key, sealed, 0, item.cas) : await commands.add(key, sealed, 0);
    if (isSealed) return sealed;
  }
}
