import { closeSync, openSync, readSync } from "node:fs";

/** LMDB files have this in their first page header, in the byte order of the machine that wrote them. */
const MAGIC = [Buffer.from("dec0efbe", "hex"), Buffer.from("beefc0de", "hex")];
const LONGEST_HEADER_BYTES = 64;

/**
 * Throws unless `path` is an LMDB file, an empty file, or missing. For anything else, `open` of lmdb-js 3.5 ends the whole
 * process with a segmentation fault.
 */
export function checkFileHeader(path: string): void {
  const header = readHeader(path);
  if (header.length === 0 || MAGIC.some((magic) => header.includes(magic))) return;
  throw new Error("data.mdb is damaged or not an LMDB file");
}

function readHeader(path: string): Buffer {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
  try {
    const header = Buffer.alloc(LONGEST_HEADER_BYTES);
    return header.subarray(0, readSync(file, header));
  } finally {
    closeSync(file);
  }
}
