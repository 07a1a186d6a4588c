import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storeProvider } from "./store-provider.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "beatx-lmdb-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("an lmdb URI", () => {
  it("answers to its scheme in any case", () => {
    expect(storeProvider.schemes).toEqual(["lmdb"]);
    return expect(storeProvider.open(`LMDB://${folder}/case`).then((store) => store.close())).resolves.toBeUndefined();
  });

  it.each([
    ["an absolute folder", () => `lmdb://${folder}/absolute`, "absolute"],
    ["an absolute folder without slashes before it", () => `lmdb:${folder}/plain`, "plain"],
    [
      "a folder relative to the working directory",
      () => `lmdb:${relative(process.cwd(), folder)}/relative`,
      "relative",
    ],
    ["a folder that begins with a dot", () => `lmdb:./${relative(process.cwd(), folder)}/dotted.v2`, "dotted.v2"],
    ["a percent-encoded folder", () => `lmdb://${folder}/with%20space%23`, "with space#"],
    ["a folder that is missing with its parents", () => `lmdb://${folder}/deep/er`, "deep/er"],
  ])("names %s and creates it", async (_what, uri, created) => {
    const store = await storeProvider.open(uri());
    expect(await store.getRevision()).toMatch(/\S/);
    await store.close();
    expect(await readdir(join(folder, created))).toContain("data.mdb");
  });

  it.each([
    ["lmdb:", /names no folder.*lmdb:\.\/folder/],
    ["lmdb://folder/data", /names a host.*three slashes/],
    ["lmdb:///data?sync=off", /option 1 of the query is unknown/],
    ["redis:./folder", /not an lmdb store/],
    ["lmdb:./a#b", /%23/],
    ["lmdb:user:hunter2@127.0.0.1/data", /lmdb:\*\*\* names a user or a host/],
  ])("is refused if it can never work: %s", async (uri, message) => {
    await expect(storeProvider.open(uri)).rejects.toMatchObject({
      code: "CONFIG",
      message: expect.stringMatching(message),
    });
  });

  it("of anything but a folder is refused with its path and the reason", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const rejection = { code: "CONFIG", message: expect.stringMatching(/folder ".*file.*" \(.*(directory|ENOTDIR)/s) };
    await expect(storeProvider.open(`lmdb://${file}`)).rejects.toMatchObject(rejection);
    await expect(storeProvider.open(`lmdb://${file}/below`)).rejects.toMatchObject(rejection);
  });

  it.skipIf(process.platform !== "linux")("of a folder that the system does not create is refused", async () => {
    await expect(storeProvider.open("lmdb:/proc/beatx/data")).rejects.toMatchObject({
      code: "CONFIG",
      message: expect.stringMatching(/"\/proc\/beatx\/data" \(ENOENT/),
    });
  });

  it("of a folder with other content is refused with the reason", async () => {
    await (await storeProvider.open(`lmdb://${folder}/broken`)).close();
    await writeFile(join(folder, "broken", "data.mdb"), "no database".repeat(1000));
    await expect(storeProvider.open(`lmdb://${folder}/broken`)).rejects.toMatchObject({
      code: "CONFIG",
      message: expect.stringContaining("not an LMDB file"),
    });
  });

  it("takes the namespace from the options, and separates namespaces", async () => {
    const shop = await storeProvider.open(`lmdb://${folder}/shared`, { namespace: "shop" });
    const other = await storeProvider.open(`lmdb://${folder}/shared`, { namespace: "shop2" });
    await shop.setSchedule([{ name: "ping", definition: "{}", expectedRevision: null }]);
    for await (const batch of (await other.getSchedule()).batches) expect(batch).toEqual([]);
    expect(await other.setSchedule([{ name: "ping", definition: "{}", expectedRevision: null }])).toMatchObject([
      { status: "done" },
    ]);
    await Promise.all([shop.close(), other.close()]);
  });
});
