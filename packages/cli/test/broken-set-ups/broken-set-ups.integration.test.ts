import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { BROKEN_BROKERS } from "./broken-brokers.js";
import { BROKEN_SCHEDULES } from "./broken-schedules.js";
import { BROKEN_STORES } from "./broken-stores.js";
import { type BrokenSetUp, observe, SECRET } from "./observe.js";
import { startServers, stopServers } from "./servers.js";

// They wait for most of the time.
vi.setConfig({ maxConcurrency: 12 });

beforeAll(startServers);
afterAll(stopServers);

const SET_UPS = { ...BROKEN_STORES, ...BROKEN_BROKERS, ...BROKEN_SCHEDULES };

async function expectNamed(namespace: string, setUp: BrokenSetUp): Promise<void> {
  const { log, status } = await observe(setUp, namespace);
  expect(status.stdout + status.stderr).toMatch(setUp.status);
  expect(status.exitCode).toBe(setUp.exitCode);
  if (setUp.log) expect(log).toMatch(setUp.log);
  expect(log + status.stdout + status.stderr).not.toContain(SECRET);
}

describe.concurrent("beatx status and the log of a node name what is wrong, and the way out, when", () => {
  it.each(Object.entries(SET_UPS))("%s", (name, setUp) => {
    return expectNamed(`broken-${Object.keys(SET_UPS).indexOf(name)}`, setUp);
  });
});
