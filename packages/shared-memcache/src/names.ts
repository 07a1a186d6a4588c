import type { StoredEntry } from "@beatx/core/adapter";
import type { MemcacheCommands } from "./connection/memcache-connection.js";
import { droppedPart } from "./definitions/definitions.js";
import { revisionOf } from "./definitions/manifest.js";
import type { ReadingSources } from "./reading.js";

/**
 * Reads some entries: the manifest, and the sections and buckets in which these names are. Cursors come last, so they are no older than
 * the definitions. @throws StoreError if the server has dropped a bucket of them: their absence is not certain
 */
export async function readNames(
  commands: MemcacheCommands,
  { definitions, cursors }: ReadingSources,
  names: readonly string[],
): Promise<readonly StoredEntry[]> {
  for (;;) {
    const { manifest } = await definitions.open(commands);
    const loaded = await definitions.loadFor(commands, manifest, names);
    if (!loaded) continue;
    definitions.forgetOthers(manifest);
    if (!names.every((name) => loaded.isWholeFor(name))) throw droppedPart();
    const rows = names.flatMap((name) => {
      const row = loaded.rowOf(name);
      return row ? [{ name, row }] : [];
    });
    if (rows.length === 0) return [];
    const found = rows.map(({ name }) => name);
    const cursorOf = await cursors.read(commands, manifest.life, found);
    return rows.map(({ name, row: { definition, revision, createdBy } }) => ({
      name,
      definition,
      revision: revisionOf(manifest, revision),
      cursor: cursorOf(name, createdBy),
    }));
  }
}
