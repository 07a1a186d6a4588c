import { parseUri, type PublisherProvider, type StoreProvider } from "@beatx/core/adapter";
import { storeProvider as redis } from "@beatx/store-redis";
import { describe, expect, it } from "vitest";
import { isKnownScheme, packageOf, type UriKind } from "../../../core/src/base/known-schemes.js";
import { findProvider } from "../../../core/src/discovery/find-provider.js";
import { publisherProvider as bullmq } from "../../../publisher-bullmq/src/index.js";
import { publisherProvider as celery } from "../../../publisher-celery/src/index.js";
import { storeProvider as dummy } from "../../../store-dummy/src/index.js";
import { storeProvider as memcached } from "../../../store-memcached/src/index.js";
import { storeProvider as memjs } from "../../../store-memjs/src/index.js";

type Provider = StoreProvider | PublisherProvider;

const providers: Readonly<Record<UriKind, readonly Provider[]>> = {
  store: [redis, memcached, memjs, dummy],
  publisher: [celery, bullmq],
};

/** The URIs that a message suggests, on a port of loopback where nothing listens. */
function suggestedIn(message: string): string[] {
  const suggestions = /(?:\b[Ww]rite |\bas in |\bsuch as |, )([a-z][a-z+-]*:\.?\/[^\s,;]+(?:,two:26379\/main\/0)?)/g;
  return [...message.matchAll(suggestions)].map(([, uri]) =>
    uri!
      .replace("***@", "user:password@")
      .replace(/(\/\/|@|,)(?:host|one|two|…|127\.0\.0\.1)(?::\d+)?/g, "$1127.0.0.1:1")
      .replace(/\/\*\*\*$/, "/path"),
  );
}

async function canBeOpened(uri: string, kinds: readonly UriKind[]): Promise<true> {
  const { scheme } = parseUri(uri);
  if (scheme === "lmdb") return true; // it would make a folder
  const provider = kinds.flatMap((kind) => providers[kind]).find(({ schemes }) => schemes.includes(scheme));
  if (provider === undefined) throw new Error(`no provider answers to ${uri}`);
  await (await provider.open(uri)).close();
  return true;
}

/** The message that refuses it. */
async function refusal(kind: UriKind, uri: string): Promise<string> {
  try {
    const provider = await findProvider<Provider>({ kind, uri, given: providers[kind], from: "/" });
    await (await provider.open(uri)).close();
    return "it was opened";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a URI that a message suggests can be opened, instead of", () => {
  it.each([
    "redis://u:s3cret@127.0.0.1:1/0", "rediss://127.0.0.1/0", "valkey://127.0.0.1", "valkeys://127.0.0.1",
    "redis+ssl://127.0.0.1", "redis+unix:///run/redis.sock", "redis+socket:///run/redis.sock", "unix:///run/redis.sock",
    "sentinel://127.0.0.1;sentinel://127.0.0.1", "redis-sentinel://127.0.0.1/main", "rediss-sentinel://127.0.0.1/main",
    "amqp://u:s3cret@127.0.0.1//", "pyamqp://127.0.0.1", "librabbitmq://127.0.0.1", "amqps://127.0.0.1/path", "redis:",
    "rabbitmq://u:s3cret@127.0.0.1", "celery+rabbitmq://127.0.0.1", "celery://127.0.0.1/0", "celery+valkey://127.0.0.1",
    "bullmq://u:s3cret@127.0.0.1/0", "bullmq+valkeys://127.0.0.1",
  ])("the publisher %s", async (uri) => {
    const message = await refusal("publisher", uri);
    expect(suggestedIn(message), message).not.toEqual([]);
    for (const suggested of suggestedIn(message)) expect(await canBeOpened(suggested, ["publisher"])).toBe(true);
  }); // prettier-ignore

  it.each([
    "sentinel://127.0.0.1", "redis+sentinel://127.0.0.1", "valkey-sentinel://127.0.0.1", "valkey-cluster://127.0.0.1",
    "keydb://127.0.0.1", "dragonfly://127.0.0.1", "redis+ssl://127.0.0.1", "redis+tls://127.0.0.1", "unix:///run/redis.sock",
    "valkey+unix:///run/redis.sock", "memcache://127.0.0.1", "cache://127.0.0.1", "file:///folder", "mdb:folder",
  ])("the store %s", async (uri) => {
    const message = await refusal("store", uri);
    expect(suggestedIn(message), message).toHaveLength(1);
    for (const suggested of suggestedIn(message)) expect(await canBeOpened(suggested, ["store"])).toBe(true);
  }); // prettier-ignore

  it.each([
    ...["db", "sentinel"].map((option) => `redis://127.0.0.1:1?${option}=1`),
    ...["redis", "celery+redis", "celery+sentinel"].map((scheme) => `${scheme}://127.0.0.1:1;${scheme}://127.0.0.1:2`),
    "redis+unix://run/redis.sock",
    "redis-sentinel://127.0.0.1:1",
    "celery+redis-sentinel://127.0.0.1:1",
    "memcached://",
    "celery+amqp://",
    "127.0.0.1:6379",
  ])("the wrong %s", async (uri) => {
    const kind = uri.startsWith("celery") ? "publisher" : "store";
    const message = await refusal(kind, uri);
    expect(suggestedIn(message), message).not.toEqual([]);
    for (const suggested of suggestedIn(message))
      expect(await canBeOpened(suggested, ["store", "publisher"])).toBe(true);
  });
});

describe("a scheme that a message names", () => {
  it.each(["celery+redis", "celery+redis+unix", "celery+redis+socket", "celery+sentinel", "bullmq+rediss"])(
    "instead of %s for a store is one of a store",
    async (scheme) => {
      const [, meant = ""] = /Write (\S+): for the same server/.exec(await refusal("store", `${scheme}://h`)) ?? [];
      expect(packageOf("store", meant)).toBe("@beatx/store-redis");
      expect(meant.includes("+")).toBe(scheme.split("+").length === 3);
    },
  );

  it.each(["redsi", "rediscluster", "memcachd", "dumy", "celery+reds", "bullmq+rediz", "beatx", "npm", "x", "lodash"])(
    "instead of %s is one of this project, and no package is recommended",
    async (scheme) => {
      for (const kind of ["store", "publisher"] as const) {
        const message = await refusal(kind, `${scheme}://h`);
        const [, meant] = /Did you mean (\S+):\?/.exec(message) ?? [];
        expect(meant === undefined || isKnownScheme(meant)).toBe(true);
        expect(message).toMatch(/The schemes of a (store|publisher) are /);
        expect(message).not.toMatch(/npm install|[Ii]nstall /);
      }
    },
  );
});
