import { tmpdir } from "node:os";
import { afterEach, expect, it, vi } from "vitest";
import { warningsAbout } from "./file-system.js";

const statfs = vi.hoisted(() => vi.fn());
vi.mock("node:fs/promises", () => ({ statfs }));
afterEach(() => vi.restoreAllMocks());

it.skipIf(process.platform !== "linux").each([
  [0x6969, "nfs"],
  [0xff534d42 | 0, "cifs"], // as a kernel with signed numbers answers it
  [0x65735546, "fuse"],
])("a file system that hosts may share (0x%x) is warned about by its name", async (type, name) => {
  statfs.mockResolvedValue({ type });
  const warnings = await warningsAbout(tmpdir());
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(`(${name})`);
  expect(warnings[0]).toContain("local disk");
});

it.skipIf(process.platform !== "linux")("a folder in memory is warned about: it is gone after a reboot", async () => {
  statfs.mockResolvedValue({ type: 0x01021994 });
  expect(await warningsAbout("/dev/shm")).toEqual([expect.stringContaining("gone after a reboot")]);
});

it("a local disk is fine", async () => {
  statfs.mockResolvedValue({ type: 0xef53 });
  expect(await warningsAbout("/var/lib/beatx")).toEqual([]);
});
