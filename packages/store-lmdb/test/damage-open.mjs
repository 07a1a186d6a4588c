// Opens damaged folders, one after the other, each in every way a node does: { folder } arrives, { folder, error } answers.
import { lmdbStore } from "../dist/index.js";

async function use(folder) {
  const store = lmdbStore({ folder, namespace: "damage" });
  try {
    const lease = await store.acquireLock({ token: "token", ttlMs: 1, label: "damage" });
    for await (const batch of (await store.getSchedule()).batches) void batch;
    const change = { name: "new", definition: "{}", expectedRevision: null };
    await store.setSchedule([change]);
    if ("fence" in lease) await store.releaseLock(lease);
  } finally {
    await store.close();
  }
}

process.on("message", async ({ folder }) => {
  const error = await use(folder).then(
    () => undefined,
    (reason) => String(reason),
  );
  process.send({ folder, error });
});
process.on("disconnect", () => process.exit());
process.send({ folder: "none" });
