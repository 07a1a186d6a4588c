// A node in its own process, on the built packages: `node node.mjs <what> <client> <port> <more>`.
import { memcachedStore } from "../../store-memcached/dist/index.js";
import { memjsStore } from "../dist/index.js";

const [what, client, port, more] = process.argv.slice(2);
const options = { commandTimeoutMs: what === "write" ? 60_000 : 500 };
const store =
  client === "memjs"
    ? memjsStore({ ...options, uri: `memjs://127.0.0.1:${port}` })
    : memcachedStore({ ...options, uri: `memcached://127.0.0.1:${port}` });

const programs = {
  /** Uses the store in any state of the server, closes it, and then has nothing left to do. */
  async close() {
    const request = { token: "token", ttlMs: 60_000, label: "a node" };
    const calls = [() => store.getRevision(), () => store.acquireLock(request), () => store.readLock()];
    await Promise.allSettled(calls.map((call) => call()));
    const pending = Promise.allSettled(calls.map((call) => call()));
    await store.close();
    await pending;
    process.stdout.write("closed\n");
  },
  /** Rewrites all entries in one step, generation after generation, until it is killed. */
  async write() {
    const names = Array.from({ length: Number(more) }, (_, index) => `entry ${index}`);
    let revisions = new Map();
    for (let generation = 0; ; generation += 1) {
      const definition = `${process.pid}-${generation} `.padEnd(250, "x");
      const results = await store.setSchedule(
        names.map((name) => ({ name, definition, expectedRevision: revisions.get(name) ?? null })),
      );
      const known = results.map((result) => (result.status === "done" ? result.revision : result.entry?.revision));
      revisions = new Map(names.map((name, index) => [name, known[index]]));
      // The first generation only learns the existing revisions.
      if (generation === 1) process.stdout.write("writing\n");
    }
  },
};

await programs[what]();
