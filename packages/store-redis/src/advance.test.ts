import { type CursorMove, StoreError } from "@beatx/core/adapter";
import { expect, it } from "vitest";
import { advanceCommands } from "./advance.js";
import type { StoreConnection } from "./connect.js";
import { redisKeys } from "./keys.js";

it("one forbidden queue among hundreds is found with few scripts", async () => {
  let scripts = 0;
  const connection = {
    client: { isCluster: false, options: {} },
    runScript(_what: string, _script: unknown, keys: readonly string[], args: readonly unknown[]) {
      scripts += 1;
      if (keys.includes("queue 377")) return Promise.reject(new StoreError("refused: NOPERM no permissions"));
      return Promise.resolve(Array.from({ length: args[4] as number }, () => 0));
    },
  } as unknown as StoreConnection;
  const { advance } = advanceCommands(connection, redisKeys("n"), "n", 1_000_000);
  const moves = Array.from({ length: 500 }, (_, n): CursorMove => ({
    name: `entry ${n}`,
    from: null,
    to: "{}",
    definitionRevision: null,
    dueAt: 0,
    outbox: [{ kind: "list-push", database: 0, key: `queue ${n}`, value: "m" }],
  }));
  const results = await advance({ token: "t", fence: 1 }, moves);
  expect(results.filter(({ status }) => status === "refused")).toHaveLength(1);
  expect(results[377]!.status).toBe("refused");
  expect(scripts).toBeLessThan(30);
});
