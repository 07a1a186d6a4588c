import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeStore } from "@beatx/store-conformance";
import { afterAll, describe, it } from "vitest";
import { storeProvider } from "../src/index.js";

const folder = await mkdtemp(join(tmpdir(), "beatx-sqlite-"));
afterAll(() => rm(folder, { recursive: true }));
describeStore(
  { describe, it },
  { open: (namespace) => storeProvider.open(`sqlite://${folder}/beat.db`, { namespace }) },
);
