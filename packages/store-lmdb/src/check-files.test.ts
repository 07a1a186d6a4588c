import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { lmdbStore } from "./lmdb-store.js";

const statfsSync = vi.hoisted(() => vi.fn());
vi.mock(import("node:fs"), async (original) => {
  const fs = await original();
  statfsSync.mockImplementation(fs.statfsSync);
  return { ...fs, statfsSync };
});

let folder: string;
beforeEach(async () => {
  const root = mkdtempSync(join(tmpdir(), "beatx-lmdb-"));
  folder = join(root, "data");
  await lmdbStore({ folder }).close();
  statfsSync.mockClear();
  return () => rmSync(root, { recursive: true });
});

const open = (): unknown => lmdbStore({ folder });

describe("a folder is refused, with the reason and the way out,", () => {
  it.each(["data.mdb", "lock.mdb"])("if its %s is a folder, or a link to nothing", (name) => {
    rmSync(join(folder, name));
    mkdirSync(join(folder, name));
    expect(open).toThrow(`${name} is not a file`);
    rmSync(join(folder, name), { recursive: true });
    symlinkSync("/nowhere/to/be/found", join(folder, name));
    expect(open).toThrow(/cannot keep a store .* \(ENOENT/);
  });

  it.skipIf(process.platform === "win32")("if its data is a device", () => {
    rmSync(join(folder, "data.mdb"));
    symlinkSync("/dev/zero", join(folder, "data.mdb"));
    expect(open).toThrow(/data.mdb is not a file/);
  });

  it("if its data is damaged", () => {
    writeFileSync(join(folder, "data.mdb"), readFileSync(join(folder, "data.mdb")).subarray(0, 4000));
    expect(open).toThrow(/is damaged .* move data\.mdb and lock\.mdb away and start again.*are lost$/);
  });

  it("if the disk is full and the lock file is new, but not if it is there", async () => {
    await lmdbStore({ folder }).close();
    expect(statfsSync).not.toHaveBeenCalled();
    rmSync(join(folder, "lock.mdb"));
    statfsSync.mockReturnValueOnce({ bavail: 1, bsize: 4096 });
    expect(open).toThrow(/only 4096 bytes of the disk are free.*: the disk is full: free some space, nothing is lost/);
  });
});

describe("a lock file", () => {
  it("with other content is replaced", async () => {
    writeFileSync(join(folder, "lock.mdb"), "hello world");
    const store = lmdbStore({ folder });
    expect(await store.getRevision()).toMatch(/\S/);
    await store.close();
    expect(readFileSync(join(folder, "lock.mdb")).includes("hello")).toBe(false);
  });

  it("that another process is just creating is kept", async () => {
    writeFileSync(join(folder, "lock.mdb"), Buffer.alloc(100_000));
    await lmdbStore({ folder }).close();
    expect(existsSync(join(folder, "lock.mdb"))).toBe(true);
    expect(readFileSync(join(folder, "lock.mdb"))).toHaveLength(100_000);
  });
});
