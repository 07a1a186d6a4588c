import type { MemcacheCommands } from "../connection/memcache-connection.js";
import { fenceOf, withFence } from "./fence-text.js";

/**
 * Raises the fence of one item, or adds `empty` with it if the item is missing (the seal of R35). Returns the resulting
 * text. A higher fence stays.
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
