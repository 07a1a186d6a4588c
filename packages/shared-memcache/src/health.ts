import { randomInt } from "node:crypto";
import type { Clock } from "@beatx/core";
import type { MemcacheCommands } from "./connection/memcache-connection.js";
import type { DefinitionBucket } from "./definitions/definition-bucket.js";
import type { Definitions } from "./definitions/definitions.js";
import type { ItemCache } from "./definitions/item-cache.js";
import { LoadedSections } from "./definitions/loaded-buckets.js";
import { UnreadableError } from "./items/unreadable.js";

/** Covers the whole seconds of the server's clock and the time of the reply. */
const CLOCK_TOLERANCE_MS = 2000;

/** One check touches, and reads, at most this many buckets, so that it ends within the deadline of a command. */
const MOST_TOUCHED = 4096;
const MOST_READ = 32;

/** Warnings for an operator (R4, R34). */
export async function checkHealth(
  commands: MemcacheCommands,
  definitions: Definitions,
  clock: Clock,
): Promise<readonly string[]> {
  const stats = await commands.stats();
  const findings: string[] = [];
  const evictions = Number(stats.get("evictions") ?? 0);
  if (evictions > 0) {
    findings.push(
      `the server has dropped ${evictions} items to make room: raise its -m, or give beatx a server of its own`,
    );
  }
  const aheadMs = clock.now() - Number(stats.get("time")) * 1000;
  if (aheadMs < -CLOCK_TOLERANCE_MS || aheadMs > CLOCK_TOLERANCE_MS + 1000) {
    const seconds = Math.round(aheadMs / 1000);
    findings.push(
      `this machine's clock, which decides what is due, is ${seconds} s ahead of the server's: set both by NTP`,
    );
  }
  findings.push(...(await checkManifest(commands, definitions)));
  return findings;
}

async function checkManifest(commands: MemcacheCommands, definitions: Definitions): Promise<string[]> {
  try {
    const { manifest } = await definitions.open(commands);
    const { sections, buckets } = definitions.items;
    const named = manifest.sections.filter((reference) => reference !== "");
    const foundSections = await sections.fetch(commands, named);
    const references = someOf(new LoadedSections(manifest, foundSections).references(), MOST_TOUCHED);
    const lost = [
      ...describeLost("sections, which name the buckets of definitions,", named, missingFrom(foundSections, named)),
      ...describeLost("buckets of definitions", references, await lostOf(commands, buckets, references)),
    ];
    return lost.length > 0 && (await definitions.isPresent(commands, manifest)) ? lost : [];
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return [error.message];
  }
}

/** Those of these buckets that the server no longer has, or that were damaged, as far as a few readings show. */
async function lostOf(
  commands: MemcacheCommands,
  buckets: ItemCache<DefinitionBucket>,
  references: readonly string[],
): Promise<string[]> {
  const read = someOf(references, MOST_READ);
  const [found, missing] = [await buckets.fetch(commands, read), await buckets.missing(commands, references)];
  return [...new Set([...missing, ...missingFrom(found, read)])];
}

function missingFrom(found: ReadonlyMap<string, unknown>, references: readonly string[]): string[] {
  return references.filter((reference) => !found.has(reference));
}

function describeLost(what: string, references: readonly string[], lost: readonly string[]): string[] {
  if (lost.length === 0) return [];
  return [`${lost.length} of ${references.length} ${what} are lost (${lost.slice(0, 5).join(", ")}, …)`];
}

/** All references, or `most` neighbours from a random place on: in time every bucket is looked at. */
function someOf(references: readonly string[], most: number): readonly string[] {
  if (references.length <= most) return references;
  const start = randomInt(references.length);
  return [...references.slice(start), ...references.slice(0, start)].slice(0, most);
}
