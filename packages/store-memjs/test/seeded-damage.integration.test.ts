import { type MemcachedServer, startMemcached } from "@beatx/test-servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DAMAGE_TIMEOUT_MS, damageStore } from "../../store-conformance/test/damage/damage-store.js";
import { clients } from "./clients.js";
import { memcachedWays } from "./damage-ways.js";

let server: MemcachedServer;

beforeAll(async () => {
  server = await startMemcached();
});

afterAll(() => server.stop());

describe("damaged items of memcached", () => {
  it("stop no node, whichever client it uses, and can be repaired", { timeout: DAMAGE_TIMEOUT_MS }, async () => {
    let opened = 0;
    const report = await damageStore("memcached", {
      open: (namespace) => clients[opened++ % clients.length]!.open(server, { namespace }),
      waysFor: (namespace) => memcachedWays(server.port, namespace),
    });
    console.log(report.text);
    expect(report.problems).toEqual([]);
  });
});
