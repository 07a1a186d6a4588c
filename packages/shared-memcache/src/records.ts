import { RECORD_SLOTS } from "@beatx/core/adapter";
import type { MoveResult } from "@beatx/core/adapter";
import type { MemcacheCommands } from "./connection/memcache-connection.js";
import type { MoveWithDefinition } from "./cursors/cursors.js";
import { droppedPart } from "./definitions/definitions.js";
import type { MemcacheKeys } from "./items/keys.js";
import type { ReadingSources } from "./reading.js";

/** The server reads a longer lifetime as a date. */
const LIFETIME_S = 30 * 24 * 3_600;

/**
 * Writes the records of the moves that were made. Each is an item of its own, so a move reads no other. Nobody waits for
 * them, and one that fails is lost: the history is not worth a late message (R48).
 */
export function writeRecords(
  { exchange }: Pick<ReadingSources, "exchange">,
  keys: MemcacheKeys,
  moves: readonly MoveWithDefinition[],
  results: readonly MoveResult[],
): void {
  const items = moves.flatMap(({ move: { name, to, record }, definition }, index) => {
    if (!record || !definition || definition === "lost" || results[index]!.status !== "done") return [];
    return [{ key: keys.record(name, definition.createdBy, record.slot), text: JSON.stringify(record.text ?? to) }];
  });
  if (items.length === 0) return;
  const writeAll = (commands: MemcacheCommands): Promise<unknown> =>
    Promise.all(items.map(({ key, text }) => commands.set(key, text, LIFETIME_S)));
  exchange.run("write records", writeAll).catch(() => undefined);
}

/** @throws StoreError if the server has dropped the bucket of definitions where the name belongs */
export async function readRecords(
  commands: MemcacheCommands,
  { definitions }: Pick<ReadingSources, "definitions">,
  keys: MemcacheKeys,
  name: string,
): Promise<readonly string[]> {
  for (;;) {
    const { manifest } = await definitions.open(commands);
    const loaded = await definitions.loadFor(commands, manifest, [name]);
    if (!loaded) continue;
    definitions.forgetOthers(manifest);
    if (!loaded.isWholeFor(name)) throw droppedPart();
    const row = loaded.rowOf(name);
    if (!row) return [];
    const slots = Array.from({ length: RECORD_SLOTS }, (_, slot) => keys.record(name, row.createdBy, slot));
    return [...(await commands.getMany(slots)).values()].flatMap(textIn);
  }
}

/** Nothing for an item that beatx did not write. */
function textIn(item: string): string[] {
  try {
    const text: unknown = JSON.parse(item);
    return typeof text === "string" ? [text] : [];
  } catch {
    return [];
  }
}
