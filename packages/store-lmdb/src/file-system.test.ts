import { tmpdir } from "node:os";
import { afterEach, expect, it, vi } from "vitest";
import { warningsAbout } from "./file-system.js";

const statfs = vi.hoisted(() => vi.fn());
vi.mock("node:fs/promises", () => ({ statfs }));
afterEach(() => vi.restoreAllMocks());

it.skipIf(process.platform !== "linux").each([
  [0x6969, "nfs"],
  [0xff534d42 | 0, "cifs"], // as reported by a kernel with signed numbers
  [0x65735546, "fuse"],
])("the warning about a file system that hosts may share (0x%x) names it", async (type, name) => {
  statfs.mockResolvedValue({ type });
  const warnings = await warningsAbout(tmpdir());
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(`(${name})`);
  expect(warnings[0]).toContain("local disk");
});

it.skipIf(process.platform !== "linux")("a folder in memory has a warning: a reboot loses it", async () => {
  statfs.mockResolvedValue({ type: 0x01021994 });
  expect(await warningsAbout("/dev/shm")).toEqual([expect.stringContaining("a reboot loses it")]);
});

it("a local disk has no warning", async () => {
  statfs.mockResolvedValue({ type: 0xef53 });
  expect(await warningsAbout("/var/lib/beatx")).toEqual([]);
});
