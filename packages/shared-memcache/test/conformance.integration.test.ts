import { describeStore } from "@beatx/store-conformance";
import { describe, it } from "vitest";
import { MemoryServer } from "./memory-server.js";
import { memcacheStore } from "../src/index.js";

const server = new MemoryServer();

describeStore(
  { describe, it },
  {
    open: async (namespace) =>
      memcacheStore({ client: server, name: "memcached", namespace, commandTimeoutMs: 60_000 }),
    loseMemory: async () => server.flush(),
  },
);
