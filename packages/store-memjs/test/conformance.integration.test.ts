import { describeStore } from "@beatx/store-conformance";
import { startMemcached } from "@beatx/test-servers";
import { afterAll, describe, it } from "vitest";
import { storeProvider } from "../src/index.js";

const server = await startMemcached();
afterAll(() => server.stop());

describeStore(
  { describe, it },
  {
    open: (namespace) =>
      storeProvider.open(`memjs://${server.host}:${server.port}`, { namespace, commandTimeoutMs: 60_000 }),
    loseMemory: async () => void (await server.say("flush_all")),
  },
);
