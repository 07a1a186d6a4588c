import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeStore } from "@beatx/store-conformance";
import { afterAll, describe, it } from "vitest";
import { storeProvider } from "@beatx/store-lmdb";

const folder = await mkdtemp(join(tmpdir(), "beatx-lmdb-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

describeStore(
  { describe, it },
  {
    open: (namespace) => storeProvider.open(`lmdb://${folder}`, { namespace, commandTimeoutMs: 60_000 }),
    loseMemory: () => rm(folder, { recursive: true }),
  },
);
