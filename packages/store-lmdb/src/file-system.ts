import { statfs } from "node:fs/promises";

/** Magic numbers of Linux's statfs(2): file systems on which a lock or a mapped file is not shared by all hosts. */
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

/** What an operator should know about where the folder lies. Other systems than Linux do not tell: nothing then. */
export async function warningsAbout(folder: string): Promise<readonly string[]> {
  if (process.platform !== "linux") return [];
  const { type } = await statfs(folder);
  const magic = type >>> 0; // kernels and architectures differ in the sign
  const [remote, inMemory] = [REMOTE.get(magic), IN_MEMORY.get(magic)];
  if (remote !== undefined) {
    const advice = "move the store to a local disk, or use a store with a server (redis) for several hosts";
    return [
      `${folder} lies on a file system (${remote}) that several hosts may share, LMDB works on one only: ${advice}`,
    ];
  }
  if (inMemory === undefined) return [];
  return [`${folder} lies in memory (${inMemory}) and is gone after a reboot: move the store to a disk to keep it`];
}
