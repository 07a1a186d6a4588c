import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, describe, expect, it, vi } from "vitest";

import type { StoreProvider } from "../contract/store.js";
import { findProvider, requirePackages } from "./find-provider.js";
import { locatePackage } from "./locate-package.js";

vi.mock(import("./locate-package.js"), async (original) => {
  const { locatePackage, ...rest } = await original();
  return { ...rest, locatePackage: vi.fn(locatePackage) };
});

const application = mkdtempSync(join(tmpdir(), "beatx-resolve-"));
afterEach(() => void vi.mocked(locatePackage).mockReset());
afterAll(() => rmSync(application, { recursive: true, force: true }));

/** Installs a package into the application's folder. */
function install(name: string, code: string): void {
  const folder = join(application, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name, type: "module", exports: { ".": { default: "./index.js" } } }),
  );
  writeFileSync(join(folder, "index.js"), code);
}

const resolve = (uri: string, given: readonly StoreProvider[] = []): Promise<StoreProvider> =>
  findProvider<StoreProvider>({ kind: "store", uri, given, from: application });

describe("the search for the provider of a URI", () => {
  it("asks the given providers first", async () => {
    const given: StoreProvider = { schemes: ["mine"], open: () => Promise.reject(new Error("unused")) };
    expect(await resolve("MINE://x", [given])).toBe(given);
  });

  it("finds a package of the application by the scheme, preferring @beatx packages", async () => {
    install("beatx-store-paper", 'export const storeProvider = { schemes: ["paper", "paper+ink"], open() {} };');
    expect((await resolve("paper:x")).schemes).toEqual(["paper", "paper+ink"]);
    expect((await resolve("paper+ink:x")).schemes).toEqual(["paper", "paper+ink"]);
    install("@beatx/store-paper", 'export const storeProvider = { schemes: ["paper"], open() {} };');
    expect((await resolve("paper:x")).schemes).toEqual(["paper"]);
  });

  it("finds the package of a scheme's variant and of an alias", async () => {
    install(
      "@beatx/store-redis",
      'export const storeProvider = { schemes: ["redis", "rediss", "redis-sentinel", "rediss-cluster"], open() {} };',
    );
    for (const uri of ["redis://h", "rediss://h", "redis-sentinel://h", "rediss-cluster://h"])
      expect((await resolve(uri)).schemes).toContain("redis");
  });

  it.each([
    ["store", "redsi://u:s3cret@h", /"redsi:" of redsi:.*Did you mean redis:\? The schemes of a store are redis: /],
    [
      "store",
      "postgres://u:s3cret@h",
      /"postgres:".*The schemes of a store are redis: .*lmdb: .*pass a provider in `stores`/,
    ],
    ["store", "sentinel://:s3cret@a;sentinel://b", /Write redis-sentinel:\/\/one:26379,two:26379\/main\/0, with/],
    ["store", "redis+ssl://:s3cret@a", /Write rediss:/],
    ["store", "celery+redis://u:s3cret@h", /That is the scheme of a publisher\. Write redis: for the same server/],
    ["publisher", "lmdb:./x", /That is the scheme of a store\. The schemes of a publisher are celery\+redis: /],
    [
      "publisher",
      "redis://u:s3cret@h:1/0",
      /celery\+redis:\/\/\*\*\*@h:1\/0 for Celery workers, bullmq\+redis:\/\/\*\*\*@h:1\/0 for/,
    ],
    ["publisher", "amqp://u:s3cret@h//", /write celery\+amqp:\/\/\*\*\*@h\/\/ for Celery workers$/],
    ["publisher", "sentinel://:s3cret@a;sentinel://b", /celery\+redis-sentinel:\/\/one:26379,two:26379\/main\/0/],
    ["publisher", "rabbitmq://u:s3cret@h", /write celery\+amqp:\/\/\*\*\*@h for Celery workers$/],
    ["publisher", "celery+rabbitmq://u:s3cret@h", /Write celery\+amqp:\/\/\*\*\*@h$/],
    ["publisher", "celery://h/0", /Write celery\+redis:\/\/h\/0 for Redis, celery\+amqp:\/\/h\/0 for RabbitMQ$/],
    ["publisher", "celery+valkey://:s3cret@h", /Write celery\+redis:\/\/\*\*\*@h$/],
    ["publisher", "bullmq://:s3cret@h", /Write bullmq\+redis:\/\/\*\*\*@h$/],
    ["publisher", "bullmq+redis-sentinel://h/main", /bullmqPublisher\(\{ connection \}\)/],
    ["publisher", "bullmq+redis-cluster://h", /bullmqPublisher\(\{ connection \}\)/],
    ["publisher", "valkey://h", /celery\+redis:\/\/h for/],
    ["publisher", "redis+socket:///run/s?virtual_host=1", /celery\+redis\+unix:\/\/\/run\/s/],
    ["store", "user:s3cret@h", /no store answers to the text before the first ":" of \*\*\*\./],
  ] as const)("says for the %s %s what to write, and recommends no package", async (kind, uri, reason) => {
    const miss = findProvider({ kind, uri, given: [], from: application });
    await expect(miss).rejects.toMatchObject({ code: "UNKNOWN_SCHEME" });
    await expect(miss).rejects.toThrow(reason);
    await expect(miss).rejects.not.toThrow(/s3cret|npm install/);
  });

  it("recommends the package of this project that answers to the scheme, and names the places looked at", async () => {
    vi.mocked(locatePackage).mockResolvedValueOnce(undefined).mockResolvedValueOnce(undefined);
    const miss = findProvider({ kind: "publisher", uri: "bullmq+redis://u:s3cret@h", given: [], from: application });
    await expect(miss).rejects.toThrow(
      /^the publisher bullmq\+redis:\/\/\*\*\*@h needs @beatx\/publisher-bullmq, which is not installed .*npm install @beatx\/publisher-bullmq\)/,
    );
    await expect(miss).rejects.toThrow(application);
    await expect(miss).rejects.toThrow(/`from`; in a bundle, import it and pass what it exports in `publishers`/);
    await expect(miss).rejects.not.toThrow("s3cret");
  });

  it("names all packages that a node lacks at once, with one command that installs them", async () => {
    vi.mocked(locatePackage).mockResolvedValue(undefined);
    const lacking = requirePackages({
      store: "redis://u:s3cret@h",
      publisher: "celery+amqp://u:s3cret@h",
      from: application,
    });
    await expect(lacking).rejects.toMatchObject({ code: "UNKNOWN_SCHEME" });
    await expect(lacking).rejects.toThrow(
      /^the store redis:\/\/\*\*\*@h needs @beatx\/store-redis, and the publisher celery\+amqp:\/\/\*\*\*@h needs @beatx\/publisher-celery; neither is installed \(looked for from [^)]+\)\. Install them \(npm install @beatx\/store-redis @beatx\/publisher-celery\)\./,
    );
    await expect(lacking).rejects.not.toThrow("s3cret");
  });

  it("lacks no package for what is given, no URI, or of a scheme that is not known", async () => {
    const redis: StoreProvider = { schemes: ["redis"], open: () => Promise.reject(new Error("unused")) };
    const given = { store: "redis://h", stores: [redis], publisher: () => Promise.resolve(), from: application };
    await expect(requirePackages(given)).resolves.toBeUndefined();
    await expect(requirePackages({ store: {}, publisher: "postgres://h", from: application })).resolves.toBeUndefined();
  });

  it.each([
    ["wood", "export const other = 1;", /does not export a `storeProvider`/],
    ["iron", 'export const storeProvider = { schemes: ["steel"], open() {} };', /does not answer to "iron:".*steel/],
  ])("reports what is wrong with the package of %s", async (scheme, code, message) => {
    install(`beatx-store-${scheme}`, code);
    await expect(resolve(`${scheme}:x`)).rejects.toThrow(message);
  });

  it("refuses a file URL of another machine as the place to look at", async () => {
    await expect(findProvider({ kind: "store", uri: "paper:x", given: [], from: "file://server/app" })).rejects.toThrow(
      expect.objectContaining({ code: "CONFIG", field: "from" }) as Error,
    );
  });

  it.each([
    ["./folder", /its scheme is missing; for a folder write lmdb:\.\/folder$/],
    ["/tmp/folder", /for a folder write lmdb:\/tmp\/folder$/],
    ["../u:s3cret@h", /for a folder write lmdb:\*\*\*$/],
    ["store: redis://:s3cret@h/0", /it begins with "store:": give what follows it alone/],
    ["BEATX_STORE=redis://:s3cret@h/0", /it begins with "BEATX_STORE=": give what follows/],
    ["s3cret=redis://h/0", /its scheme is missing; expected scheme/],
  ])("says what is wrong with the store %j, which has no scheme in front", async (uri, reason) => {
    await expect(resolve(uri)).rejects.toMatchObject({ code: "CONFIG", field: "store" });
    await expect(resolve(uri)).rejects.toThrow(reason);
    await expect(resolve(uri)).rejects.not.toThrow(/s3cret/);
  });

  it("refuses a text that is not a URI", async () => {
    await expect(resolve("just-a-name")).rejects.toMatchObject({ code: "CONFIG", field: "store" });
    await expect(resolve("../evil:x")).rejects.toMatchObject({ code: "CONFIG" });
  });
});
