import { readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { DAMAGED_PREFIX } from "./watched-files.js";

/** Magic numbers of Linux's statfs(2) for file systems whose hosts do not share locks and mapped files. */
const REMOTE: ReadonlyMap<number, string> = new Map([
  [0x6969, "nfs"],
  [0x517b, "smb"],
  [0xfe534d42, "smb2"],
  [0xff534d42, "cifs"],
  [0x01021997, "9p"],
  [0x00c36400, "ceph"],
  [0x0bd00bd0, "lustre"],
  [0x5346414f, "afs"],
  [0x65735546, "fuse"],
]);

const IN_MEMORY: ReadonlyMap<number, string> = new Map([
  [0x01021994, "tmpfs"],
  [0x858458f6, "ramfs"],
]);

/** Warnings for an operator about the folder's file system. Only Linux reports its type; elsewhere there are none. */
export async function warningsAbout(folder: string): Promise<readonly string[]> {
  if (process.platform !== "linux") return [];
  const { type } = await statfs(folder);
  const magic = type >>> 0; // kernels and architectures differ in the sign
  const [remote, inMemory] = [REMOTE.get(magic), IN_MEMORY.get(magic)];
  if (remote !== undefined) {
    const advice = "move the store to a local disk, or use a store with a server (redis) for several hosts";
    return [
      `${folder} is on a file system (${remote}) that several hosts may share, but LMDB works on one host only: ${advice}`,
    ];
  }
  if (inMemory === undefined) return [];
  return [`${folder} is in memory (${inMemory}), so a reboot loses it: move the store to a disk to keep it`];
}

/** A warning for each data file that a node has moved away. */
export async function damagedFilesIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(DAMAGED_PREFIX));
  const restored = "they restored what they had in memory into a new file";
  return names.map(
    (name) =>
      `${join(folder, name)} was found damaged while nodes were running; ${restored}. Check the disk, then delete this one`,
  );
}
