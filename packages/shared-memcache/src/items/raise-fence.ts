import type { MemcacheCommands } from "../connection/memcache-connection.js";
import { fenceOf, withFence } from "./fence-text.js";

/**
 * Puts the fence on one item, or on `empty` where there is none (R35). Answers the text that stands there then: with the
 * fence that was asked for, or with a higher one, which is left.
 */
export async function raiseFence(
  commands: MemcacheCommands,
  key: string,
  fence: number,
  empty: string,
): Promise<string> {
  for (;;) {
    const item = await commands.gets(key);
    if (item && fenceOf(item.text) >= fence) return item.text;
    const raised = withFence(item?.text ?? empty, fence);
    const isWritten = item ? await commands.cas(key, raised, 0, item.cas) : await commands.add(key, raised, 0);
    if (isWritten) return raised;
  }
}
