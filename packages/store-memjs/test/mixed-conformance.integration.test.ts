import { describeStore } from "@beatx/store-conformance";
import { startMemcached } from "@beatx/test-servers";
import { afterAll, describe, it } from "vitest";
import { clients } from "./clients.js";

const server = await startMemcached();
afterAll(() => server.stop());

let opened = 0;

// Every second node uses the other client, as in a fleet that switches from one to the other.
describeStore(
  { describe, it },
  {
    open: async (namespace) =>
      clients[opened++ % clients.length]!.open(server, { namespace, commandTimeoutMs: 60_000 }),
    loseMemory: async () => void (await server.say("flush_all")),
  },
);
