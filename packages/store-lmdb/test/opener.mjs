// Opens each folder that arrives as a message, uses all of its data, and answers with what came of it.
import { lmdbStore } from "../dist/index.js";

async function use(store) {
  const entries = [];
  for await (const batch of (await store.getSchedule()).batches) entries.push(...batch);
  await store.acquireLock({ token: "opener", ttlMs: 1000, label: "opener" });
  const changes = entries.slice(0, 60).map(({ name, revision: expectedRevision }, index) => {
    return { name, definition: index % 3 === 0 ? null : "y".repeat(index % 7 === 0 ? 9000 : 200), expectedRevision };
  });
  await store.setSchedule(changes);
  await store.setSchedule([{ name: `new ${Math.random()}`, definition: "{}", expectedRevision: null }]);
}

process.on("message", async (folder) => {
  try {
    const store = lmdbStore({ folder, namespace: "shop", commandTimeoutMs: 60_000 });
    await use(store).finally(() => store.close());
    process.send({ outcome: "used" });
  } catch (error) {
    process.send({ outcome: error.code, message: error.message });
  }
});
process.on("disconnect", () => process.exit());
