import {
  DamagedFileError,
  KIND_AT,
  type DataFile,
  type Meta,
  PAGE_HEADER_BYTES,
  readNumber,
  readTree,
  TREE_BYTES,
} from "./data-file.js";
import type { Tree } from "./data-file.js";

const FLAG = { branch: 0x01, leaf: 0x02, overflow: 0x04, fixedKeys: 0x20 } as const;
const NODE_FLAG = { overflow: 0x01, tree: 0x02, duplicates: 0x04 } as const;
const NODE_HEADER_BYTES = 8;
/** The lower bits of a page's flags are its kind. */
const KIND_MASK = 0xff;
/** Size of the reference to a value on overflow pages. */
const OVERFLOW_BYTES = 24;
/** LMDB's cursors have a stack of this size. */
const DEEPEST_TREE = 32;
/** Pages at the end of the file that one transaction allocated and freed were never written. */
const MOST_UNWRITTEN_BYTES = 64 * 1024 * 1024;

/**
 * Checks everything that LMDB follows without checking it: page numbers, kinds of pages, positions within pages, sizes, and
 * the list of free pages. @throws DamagedFileError
 */
export function checkPages(file: DataFile, meta: Meta): void {
  const { lastPage, pageSize } = meta;
  if ((lastPage + 1) * pageSize > file.sizeBytes + MOST_UNWRITTEN_BYTES || lastPage < 1) {
    throw new DamagedFileError(`it has ${file.sizeBytes} bytes, but ${lastPage + 1} pages of ${pageSize} bytes`);
  }
  const check = new PageCheck(file, meta);
  check.tree(meta.mainTree, "main");
  check.tree(meta.freeTree, "free");
  check.freePages();
}

/** Of entries, or of lists of free pages. */
type TreeKind = "main" | "free";

class PageCheck {
  readonly #file: DataFile;
  readonly #meta: Meta;
  readonly #used = new Set<number>();
  /** Each list of free pages, with the page that holds it. */
  readonly #freeLists: [page: number, list: Buffer][] = [];

  constructor(file: DataFile, meta: Meta) {
    this.#file = file;
    this.#meta = meta;
  }

  tree({ root, depth }: Tree, kind: TreeKind): void {
    if (root === undefined) return;
    if (depth < 1 || depth > DEEPEST_TREE) throw new DamagedFileError(`a tree has ${depth} levels`);
    let level = [root];
    for (let left = depth; left > 1; left -= 1) level = level.flatMap((page) => this.#branch(page, kind));
    for (const page of level) this.#leaf(page, kind);
  }

  /** To be called last: a free page that is used would be overwritten. */
  freePages(): void {
    for (const [page, list] of this.#freeLists) this.#freeList(page, list);
  }

  /** The children of the page. */
  #branch(page: number, kind: TreeKind): number[] {
    const bytes = this.#read(page, 1, FLAG.branch);
    const nodes = nodesIn(page, bytes, (at) => NODE_HEADER_BYTES + bytes.readUInt16LE(at + 6));
    if (nodes.length < 2 && kind === "main") refuse(page, "it has too few children");
    return nodes.map(
      (at) => bytes.readUInt16LE(at) + bytes.readUInt16LE(at + 2) * 2 ** 16 + bytes.readUInt16LE(at + 4) * 2 ** 32,
    );
  }

  #leaf(page: number, kind: TreeKind): void {
    const bytes = this.#read(page, 1, FLAG.leaf, FLAG.leaf | FLAG.fixedKeys);
    if ((bytes.readUInt16LE(KIND_AT) & FLAG.fixedKeys) !== 0) return checkFixedKeys(page, bytes);
    const isApart = (at: number): boolean => (bytes.readUInt16LE(at + 4) & NODE_FLAG.overflow) !== 0;
    const keyEnd = (at: number): number => at + NODE_HEADER_BYTES + bytes.readUInt16LE(at + 6);
    const sizeOf = (at: number): number => keyEnd(at) - at + (isApart(at) ? OVERFLOW_BYTES : valueBytes(bytes, at));
    for (const at of nodesIn(page, bytes, sizeOf)) {
      const flags = bytes.readUInt16LE(at + 4);
      if (flags > NODE_FLAG.overflow + NODE_FLAG.tree + NODE_FLAG.duplicates) refuse(page, "a row has unknown flags");
      const inPage = bytes.subarray(keyEnd(at), at + sizeOf(at));
      const value = isApart(at) ? this.#overflow(page, inPage, valueBytes(bytes, at)) : inPage;
      if (kind === "free") this.#freeLists.push([page, value]);
      else if (flags === NODE_FLAG.tree) this.#subTree(page, value);
    }
  }

  /** A value on pages of its own. */
  #overflow(page: number, record: Buffer, size: number): Buffer {
    const [first, count] = [readNumber(record, 0), readNumber(record, 16)];
    if (!(count >= 1) || size > count * this.#meta.pageSize - PAGE_HEADER_BYTES) {
      refuse(page, "a value has too few pages");
    }
    const pages = this.#read(first, count, FLAG.overflow);
    if (pages.readUInt32LE(20) !== count) refuse(first, "its value has another number of pages");
    return pages.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + size);
  }

  #subTree(page: number, record: Buffer): void {
    if (record.length !== TREE_BYTES) refuse(page, "a table's record has a wrong size");
    this.tree(readTree(record, 0), "main");
  }

  /** A count and entries: a page, 0, or a negative number of pages before the first of them. */
  #freeList(page: number, list: Buffer): void {
    const count = list.length < 8 ? NaN : readNumber(list, 0);
    if (!((count + 1) * 8 <= list.length)) refuse(page, "a list of free pages is cut off");
    let length = 1;
    for (let index = 1; index <= count; index += 1) {
      const entry = Number(list.readBigInt64LE(index * 8));
      if (entry > 0) this.#freeBlock(page, entry, length);
      length = entry < 0 ? -entry : 1;
    }
  }

  #freeBlock(page: number, first: number, length: number): void {
    if (first < 2 || first + length - 1 > this.#meta.lastPage) refuse(page, `it lists page ${first} as free`);
    for (let each = first; each < first + length; each += 1) {
      if (this.#used.has(each)) refuse(page, `it lists page ${each} as free, which is in use`);
    }
  }

  /** Reads pages that belong together, of one of these kinds. */
  #read(page: number, count: number, ...kinds: readonly number[]): Buffer {
    const { lastPage, pageSize, transaction } = this.#meta;
    if (page < 2 || page + count - 1 > lastPage) refuse(page, "it is named, but there is no such page");
    for (let each = page; each < page + count; each += 1) {
      if (this.#used.has(each)) refuse(each, "it is used twice");
      this.#used.add(each);
    }
    const bytes = this.#file.read(page * pageSize, count * pageSize);
    if (bytes === undefined) throw new DamagedFileError(`it is cut off: it ends before page ${page + count - 1}`);
    const isOfKind = kinds.includes(bytes.readUInt16LE(KIND_AT) & KIND_MASK);
    if (!isOfKind || readNumber(bytes, 0) !== page || readNumber(bytes, 8) > transaction) {
      refuse(page, "its header is wrong");
    }
    return bytes;
  }
}

/** The positions of the page's nodes, which fill the rest of the page without gaps. */
function nodesIn(page: number, bytes: Buffer, sizeOf: (at: number) => number): number[] {
  const [lower, upper] = [bytes.readUInt16LE(20), bytes.readUInt16LE(22)];
  if (lower < 2 || lower % 2 !== 0 || lower > upper) refuse(page, "its header is wrong");
  const nodes = Array.from({ length: lower / 2 }, (_, index) => {
    const at = PAGE_HEADER_BYTES + index * 2;
    return at + 2 > bytes.length ? NaN : PAGE_HEADER_BYTES + bytes.readUInt16LE(at);
  });
  let end = PAGE_HEADER_BYTES + upper;
  for (const at of [...nodes].sort((a, b) => a - b)) {
    if (at !== end || at + NODE_HEADER_BYTES > bytes.length) refuse(page, "its rows do not lie side by side");
    end += sizeOf(at) + (sizeOf(at) % 2);
  }
  if (end !== bytes.length) refuse(page, "its rows do not fill it");
  return nodes;
}

function valueBytes(bytes: Buffer, at: number): number {
  return bytes.readUInt16LE(at) + bytes.readUInt16LE(at + 2) * 2 ** 16;
}

function checkFixedKeys(page: number, bytes: Buffer): void {
  const [size, lower] = [bytes.readUInt16LE(16), bytes.readUInt16LE(20)];
  if (PAGE_HEADER_BYTES + (lower >> 1) * size > bytes.length) refuse(page, "its keys lie outside");
}

function refuse(page: number, reason: string): never {
  throw new DamagedFileError(`page ${page} is damaged: ${reason}`);
}
