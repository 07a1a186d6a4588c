import { createBeat, createClient, type GaveUp, silentLogger } from "@beatx/core";
import { publisherProvider } from "@beatx/publisher-celery";
import { storeProvider } from "@beatx/store-redis";
import { startRedis, waitFor } from "@beatx/test-servers";
import { expect, it } from "vitest";

const PATIENCE_MS = 300_000;
/** Confirmed writes survive a SIGKILL of the server. */
const ALWAYS = ["--appendfsync", "always"];

it(
  "what a broker that is down does not take for too long goes to the dead letter, and the broker gets the rest when it is back",
  async () => {
    const [server, broker] = [await startRedis(), await startRedis({ appendOnly: true, args: ALWAYS })];
    const shared = { store: `${server.uri}/0`, stores: [storeProvider] };
    const client = createClient(shared);
    const beat = createBeat({
      ...shared,
      publisher: `celery+${broker.uri}/0`,
      deadLetter: `celery+${server.uri}/3`,
      giveUpAfterMs: 2_000,
      publishers: [publisherProvider],
      lockTtlMs: 3_000,
      publishTimeoutMs: 500,
      logger: silentLogger,
      schedule: { job: { task: "t", schedule: "1s", missed: "all", maxCatchUp: 10_000 } },
    });
    const gaveUp: GaveUp[] = [];
    const published: { readonly id: string; readonly scheduledAt: number }[] = [];
    beat.on("gave-up", (event) => gaveUp.push(event));
    beat.on("published", (event) => published.push(event));
    const idsIn = async (from: typeof server, database: string): Promise<(string | undefined)[]> => {
      const texts = await from.cli("-n", database, "LRANGE", "celery", "0", "-1");
      return [...texts.matchAll(/"id":\s*"([^"]+)"/g)].map(([, id]) => id);
    };
    try {
      await beat.start();
      await waitFor("some messages", () => published.length >= 2, PATIENCE_MS);
      await broker.kill();
      await waitFor("some dead letters", () => gaveUp.length >= 3, PATIENCE_MS);
      const down = await client.status();
      expect(down.deadLetter).toMatchObject({ name: "celery+redis", state: "works" });
      expect(down.givenUp).toBeGreaterThanOrEqual(3);
      await broker.restart();
      const before = published.length;
      await waitFor("messages again", () => published.length >= before + 2, PATIENCE_MS);
      await beat.stop();

      const [given, sent] = [gaveUp.map(({ id }) => id), published.map(({ id }) => id)];
      expect(new Set(await idsIn(server, "3"))).toEqual(new Set(given));
      const queued = await idsIn(broker, "0");
      expect(queued).toEqual(expect.arrayContaining(sent));
      // The kill may have come between a push and its answer.
      expect([...sent, ...given]).toEqual(expect.arrayContaining(queued));
      expect(gaveUp[0]).toMatchObject({ entry: "job", reason: "publisher", deadLetter: "celery+redis" });
      // Each instant went to one of the two.
      const instants = [...gaveUp, ...published]
        .map(({ scheduledAt }) => scheduledAt)
        .sort((one, other) => one - other);
      expect(instants).toEqual(instants.map((_, index) => instants[0]! + index * 1_000));
      const view = (await client.get("job"))!;
      expect(view).toMatchObject({ runs: sent.length, skipped: given.length, givenUp: given.length });
      const lost = (await client.history("job")).filter(({ reason }) => reason === "gave-up");
      for (const { outcome, error } of lost) expect([outcome, error]).toEqual(["failed", expect.any(String)]);
      expect(await client.status()).toMatchObject({ givenUp: given.length, givenUpOf: ["job"] });
    } finally {
      await beat.stop();
      await client.close();
      await server.stop();
      await broker.stop();
    }
  },
  PATIENCE_MS,
);
