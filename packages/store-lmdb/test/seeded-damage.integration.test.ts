import { rm } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DAMAGE_TIMEOUT_MS, damageStore, playSeeds } from "../../store-conformance/test/damage/damage-store.js";
import { lmdbStore } from "../src/index.js";
import { damageFolder, fillFolder, Opener } from "./damage-files.js";
import { lmdbWays } from "./damage-ways.js";

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder("lmdb-damage");
});

afterAll(() => rm(folder, { recursive: true }));

describe("damaged rows of an LMDB store", () => {
  it("stop nothing, and can be repaired", { timeout: DAMAGE_TIMEOUT_MS }, async () => {
    const report = await damageStore("lmdb", {
      // Each write waits for the disk.
      atATime: 12,
      open: (namespace) => lmdbStore({ folder: join(folder, namespace), namespace }),
      waysFor: (namespace) => lmdbWays(join(folder, namespace), namespace),
    });
    console.log(report.text);
    expect(report.problems).toEqual([]);
  });
});

describe("a process that opens damaged files of an LMDB store", () => {
  it("works or names the folder, and never dies", { timeout: DAMAGE_TIMEOUT_MS }, async () => {
    const intact = join(folder, "intact");
    await fillFolder(intact);
    const opener = new Opener();
    const kinds = new Map<string, number>();
    const problems: string[] = [];
    let refused = 0;
    await playSeeds(60, async (seed) => {
      const copy = join(folder, `copy ${seed}`);
      const { kind, text } = await damageFolder(seed, intact, copy);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      const error = await opener.use(copy).catch((reason: unknown) => `DIED: ${String(reason)}`);
      if (error !== undefined) refused++;
      if (error !== undefined && (error.startsWith("DIED") || !error.includes(copy)))
        problems.push(`${kind} ${text} (seed ${seed}): ${error.slice(0, 300)}`);
      await rm(copy, { recursive: true });
    });
    opener.end();
    const counts = [...kinds].map(([kind, count]) => `${kind} ${count}`).join(", ");
    console.log(`lmdb files: ${counts}; ${refused} refused, ${problems.length} problems`);
    expect(problems).toEqual([]);
  });
});
