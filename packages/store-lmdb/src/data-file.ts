import { closeSync, fstatSync, readSync } from "node:fs";
import { endianness } from "node:os";

/**
 * Reads an LMDB data file with plain reads. LMDB itself maps the file and trusts it: a wrong page number or a missing page
 * ends the whole process with a signal. The layout is that of LMDB's data version 2 on 64-bit little-endian processors; so
 * package.json admits only patch releases of lmdb.
 */
export class DataFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get sizeBytes(): number {
    return fstatSync(this.#fd).size;
  }

  /** `undefined`: the file ends before. */
  read(position: number, length: number): Buffer | undefined {
    const bytes = Buffer.allocUnsafe(length);
    return readSync(this.#fd, bytes, 0, length, position) === length ? bytes : undefined;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The meta page of one transaction. */
export interface Meta {
  readonly pageSize: number;
  readonly freeTree: Tree;
  readonly mainTree: Tree;
  readonly lastPage: number;
  readonly transaction: number;
}

/** The number of a transaction, and the size of the file after it. */
export interface Extent {
  readonly transaction: number;
  readonly bytes: number;
}

/** A tree of pages. */
export interface Tree {
  readonly depth: number;
  /** `undefined`: the tree is empty. */
  readonly root: number | undefined;
}

/** Page numbers have the size and byte order of the processor: on others the file is not checked. */
export const hasKnownLayout: boolean = endianness() === "LE" && /64|^loong/.test(process.arch);

/** The file cannot be opened without a risk for the process. */
export class DamagedFileError extends Error {}

export const PAGE_HEADER_BYTES = 24;
export const TREE_BYTES = 48;
const META_BYTES = 144;
/** The positions of the fields in a meta page, after its header. */
const META = {
  magic: 0,
  version: 4,
  pageSize: 24,
  freeTree: 24,
  freeTreeOptions: 28,
  mainTree: 72,
  mainTreeOptions: 76,
  lastPage: 120,
  transaction: 128,
} as const;
/** The positions of the fields in a tree. */
const TREE = { depth: 6, root: 40 } as const;
/** The position of the kind in a page's header. */
export const KIND_AT = 18;
const NO_PAGE = 2 ** 64;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const META_PAGE = 0x08;
/** The options of the two trees, as lmdb-js writes them for the options in `database-file.ts`. */
const FREE_TREE_OPTIONS = [0x8];
const MAIN_TREE_OPTIONS = [0, 0x100];

/** The meta page of the newest transaction. @throws DamagedFileError */
export function readNewestMeta(file: DataFile): Meta {
  const first = readMeta(file, 0, 0);
  const second = readMeta(file, 1, first.pageSize);
  if (second.pageSize !== first.pageSize) throw new DamagedFileError("its two meta pages name different page sizes");
  return first.transaction >= second.transaction ? first : second;
}

/**
 * The extent after the newest transaction, read quickly and without checks. `undefined`: the file has no meta pages.
 */
export function readExtent(file: DataFile): Extent | undefined {
  const first = file.read(PAGE_HEADER_BYTES, META_BYTES);
  if (first === undefined) return undefined;
  const pageSize = first.readUInt32LE(META.pageSize);
  const second = file.read(pageSize + PAGE_HEADER_BYTES, META_BYTES);
  if (second === undefined) return undefined;
  const newest = readNumber(first, META.transaction) >= readNumber(second, META.transaction) ? first : second;
  return {
    transaction: readNumber(newest, META.transaction),
    bytes: (readNumber(newest, META.lastPage) + 1) * pageSize,
  };
}

function readMeta(file: DataFile, page: number, position: number): Meta {
  const bytes = file.read(position, PAGE_HEADER_BYTES + META_BYTES);
  if (bytes === undefined) throw new DamagedFileError(`it ends within meta page ${page}`);
  const meta = bytes.subarray(PAGE_HEADER_BYTES);
  if (meta.readUInt32BE(META.magic) === MAGIC) {
    throw new DamagedFileError("it was written on a machine with another byte order");
  }
  if (meta.readUInt32LE(META.magic) !== MAGIC || bytes.readUInt16LE(KIND_AT) !== META_PAGE) {
    throw new DamagedFileError(page === 0 ? "it is not an LMDB file" : `meta page ${page} is overwritten`);
  }
  const version = meta.readUInt16LE(META.version);
  if (version !== DATA_VERSION) {
    throw new DamagedFileError(`its format has version ${version}, and this lmdb package writes ${DATA_VERSION}`);
  }
  const pageSize = meta.readUInt32LE(META.pageSize);
  if (pageSize < 256 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) {
    throw new DamagedFileError(`meta page ${page} names a page size of ${pageSize} bytes`);
  }
  if (
    !FREE_TREE_OPTIONS.includes(meta.readUInt16LE(META.freeTreeOptions)) ||
    !MAIN_TREE_OPTIONS.includes(meta.readUInt16LE(META.mainTreeOptions))
  ) {
    throw new DamagedFileError("another program wrote it, with options that beatx does not use");
  }
  const [lastPage, transaction] = [readNumber(meta, META.lastPage), readNumber(meta, META.transaction)];
  return {
    pageSize,
    freeTree: readTree(meta, META.freeTree),
    mainTree: readTree(meta, META.mainTree),
    lastPage,
    transaction,
  };
}

export function readTree(bytes: Buffer, at: number): Tree {
  const root = readNumber(bytes, at + TREE.root);
  return { depth: bytes.readUInt16LE(at + TREE.depth), root: root === NO_PAGE ? undefined : root };
}

/** Numbers above 2^53 lose digits, and remain far out of any range. */
export function readNumber(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}
