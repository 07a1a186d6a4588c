import { rm } from "node:fs/promises";
import { type Client, createBeat, createClient, silentLogger } from "@beatx/core";
import type { Store } from "@beatx/core/adapter";
import { lmdbStore } from "@beatx/store-lmdb";
import { memcachedStore } from "@beatx/store-memcached";
import { memjsStore } from "@beatx/store-memjs";
import { redisStore } from "@beatx/store-redis";
import { startMemcached, startRedis, temporaryFolder, waitFor } from "@beatx/test-servers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";

/** A leader looks at the schedule this often (R29). */
const WITHIN_MS = 1_000;
/** Timers have whole milliseconds. */
const TIMER_MS = 5;
const ROUNDS = 12;

/** A span of time, monotonic ms. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** What the machine takes for itself: times in which this process stands still, or waits for the leader's store. */
class Delays {
  readonly spans: Span[] = [];
  /** When each look at the schedule began. */
  readonly looks: number[] = [];
  #isWatching = true;

  async watch(): Promise<void> {
    for (let before = performance.now(); this.#isWatching;) {
      await sleep(10);
      const now = performance.now();
      this.spans.push({ from: before + 10, to: now });
      before = now;
    }
  }

  end(): void {
    this.#isWatching = false;
  }

  /** The same store; how long each command takes is noted. */
  of(store: Store): Store {
    return new Proxy(store, {
      get: (target, name: keyof Store) => {
        const value: unknown = target[name];
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => this.#note(name, () => value.apply(target, args) as unknown);
      },
    });
  }

  #note(name: string, call: () => unknown): unknown {
    const from = performance.now();
    if (name === "getRevision") this.looks.push(from);
    const answer = call();
    if (answer instanceof Promise)
      void answer.finally(() => this.spans.push({ from, to: performance.now() })).catch(() => undefined);
    return answer;
  }

  /** The time within the span that the machine took, each moment counted once. */
  within({ from, to }: Span): number {
    let [taken, until] = [0, from];
    for (const span of this.spans.toSorted((one, other) => one.from - other.from)) {
      const [begin, end] = [Math.max(span.from, until), Math.min(span.to, to)];
      if (end > begin) {
        taken += end - begin;
        until = end;
      }
    }
    return taken;
  }
}

/** An edit of an entry that no other edit changes, so that it can be told when the leader knows it. */
interface Edit {
  readonly name: string;
  readonly kind: "added" | "updated" | "removed";
  make(client: Client, name: string): Promise<unknown>;
}

const ENTRY = { task: "t", schedule: "1h", tags: ["all"] };
const UNTIL = { until: Date.now() + 3_600_000, note: "n" };

/** Edits of every kind. */
const EDITS: readonly Omit<Edit, "name">[] = [
  { kind: "added", make: (client, name) => client.put(name, ENTRY) },
  { kind: "added", make: (client, name) => client.putMany({ [name]: ENTRY }) },
  { kind: "updated", make: (client, name) => client.put(name, { ...ENTRY, args: [1] }) },
  { kind: "updated", make: (client, name) => client.pause(name, UNTIL) },
  { kind: "updated", make: (client, name) => client.pause({ names: [name] }, UNTIL) },
  { kind: "updated", make: (client, name) => client.pause({ prefix: name }, UNTIL) },
  { kind: "removed", make: (client, name) => client.remove(name) },
  { kind: "removed", make: (client, name) => client.removeMany([name]) },
];

const inFolder = async (): Promise<() => Store> => {
  const folder = await temporaryFolder("noticed");
  onTestFinished(() => rm(folder, { recursive: true }));
  return () => lmdbStore({ folder });
};
const onRedis = async (): Promise<() => Store> => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return () => redisStore({ uri: server.uri });
};
const onMemcached = async (
  open: (options: { readonly uri: string }) => Store,
  scheme: string,
): Promise<() => Store> => {
  const server = await startMemcached();
  onTestFinished(() => server.stop());
  return () => open({ uri: `${scheme}://${server.host}:${server.port}` });
};

it.each([
  ["redis", onRedis],
  ["lmdb", inFolder],
  ["memcached", () => onMemcached(memcachedStore, "memcached")],
  ["memjs", () => onMemcached(memjsStore, "memjs")],
])("the leader notices every edit within a second on %s", async (_name, serve) => {
  const open = await serve();
  const delays = new Delays();
  const stores = [open(), open()] as const;
  const ticking = { task: "t", schedule: "1s" };
  const beat = createBeat({ store: delays.of(stores[0]), publisher: () => Promise.resolve(), schedule: { ticking }, logger: silentLogger }); // prettier-ignore
  const noticed: { readonly key: string; readonly at: number }[] = [];
  beat.on("changed", (changes) => {
    const at = performance.now();
    for (const kind of ["added", "updated", "removed"] as const) {
      for (const name of changes[kind]) noticed.push({ key: `${name} ${kind}`, at });
    }
  });
  const client = createClient({ store: stores[1] });
  const watching = delays.watch();
  try {
    const leads = new Promise((resolve) => beat.on("leader", resolve));
    await beat.start();
    await leads;
    const all = Array.from({ length: ROUNDS }, (_, round) =>
      EDITS.map((edit, index) => ({ ...edit, name: `job-${round}-${index}.` })),
    );
    const known = all.flat().filter(({ kind }) => kind !== "added");
    await client.putMany(known.map(({ name }) => [name, ENTRY] as const));
    await waitFor("the leader to know them", () => noticed.length >= known.length);
    const done: { readonly key: string; readonly at: number }[] = [];
    for (const { name, kind, make } of all.flat()) {
      await make(client, name);
      done.push({ key: `${name} ${kind}`, at: performance.now() });
      // Edits fall into all parts of the leader's second.
      await sleep((done.length * 37) % 110);
    }
    const isNoticed = ({ key }: { readonly key: string }): boolean => noticed.some((each) => each.key === key);
    await waitFor("the leader to notice every edit", () => done.every(isNoticed));
    for (const { key, at: from } of done) {
      const to = Math.max(from, noticed.find((each) => each.key === key)!.at);
      const [taken, looks] = [delays.within({ from, to }), delays.looks.filter((at) => at > from && at < to)];
      expect(to - from, `${key}: the machine took ${taken} ms`).toBeLessThan(WITHIN_MS + TIMER_MS + taken);
      expect(looks.length, `${key}: looks until it was noticed`).toBeLessThanOrEqual(1);
    }
    expect(done).toHaveLength(ROUNDS * EDITS.length);
  } finally {
    delays.end();
    await watching;
    await beat.stop();
    await Promise.all(stores.map((store) => store.close()));
  }
});
