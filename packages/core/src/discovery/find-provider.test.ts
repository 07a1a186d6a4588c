import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import type { StoreProvider } from "../contract/store.js";
import { findProvider } from "./find-provider.js";

const application = mkdtempSync(join(tmpdir(), "beatx-resolve-"));
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

  it("reports what it tried and what to install, without the password", async () => {
    const miss = resolve("redsi://u:s3cret@h");
    await expect(miss).rejects.toMatchObject({ code: "UNKNOWN_SCHEME" });
    await expect(miss).rejects.toThrow(/@beatx\/store-redsi.*beatx-store-redsi.*npm install @beatx\/store-redsi/);
    await expect(miss).rejects.toThrow(/^(?!.*s3cret)/);
  });

  it.each([
    ["wood", "export const other = 1;", /does not export a `storeProvider`/],
    ["iron", 'export const storeProvider = { schemes: ["steel"], open() {} };', /does not answer to "iron:".*steel/],
  ])("reports what is wrong with the package of %s", async (scheme, code, message) => {
    install(`beatx-store-${scheme}`, code);
    await expect(resolve(`${scheme}:x`)).rejects.toThrow(message);
  });

  it("refuses a text that is not a URI", async () => {
    await expect(resolve("just-a-name")).rejects.toMatchObject({ code: "CONFIG", field: "store" });
    await expect(resolve("../evil:x")).rejects.toMatchObject({ code: "CONFIG" });
  });
});
