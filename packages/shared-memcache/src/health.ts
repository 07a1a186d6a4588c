import { randomInt } from "node:crypto";
import type { Clock } from "@beatx/core";
import type { MemcacheCommands } from "./connection/memcache-connection.js";
import type { Definitions } from "./definitions/definitions.js";
import { UnreadableError } from "./items/unreadable.js";

/** Covers the whole seconds of the server's clock and the time of the reply. */
const CLOCK_TOLERANCE_MS = 2000;

/** One check reads at most this many buckets, so that it ends within the deadline of a command. */
const MOST_CHECKED = 512;

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
    const references = someOf(manifest.buckets.filter((reference) => reference !== ""));
    const found = await definitions.cache.fetch(commands, references);
    const lost = references.filter((reference) => !found.has(reference));
    if (lost.length === 0 || !(await definitions.isPresent(commands, manifest))) return [];
    const named = lost.slice(0, 5).join(", ");
    return [`${lost.length} of ${references.length} buckets of definitions are lost (${named}, …)`];
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return [error.message];
  }
}

/** All references, or neighbours from a random place on: in time every bucket is looked at. */
function someOf(references: readonly string[]): readonly string[] {
  if (references.length <= MOST_CHECKED) return references;
  const start = randomInt(references.length);
  return [...references.slice(start), ...references.slice(0, start)].slice(0, MOST_CHECKED);
}
