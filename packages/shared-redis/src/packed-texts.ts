/** The bytes before a list and before each text, in MessagePack: its kind, and its length in 32 bits. */
const HEAD_BYTES = 5;
const LIST = 0xdd;
const TEXT = 0xdb;
/** A UTF-16 code unit takes at most so many bytes in UTF-8. */
const MOST_BYTES_PER_UNIT = 3;

/** For all lists but very long ones: a large buffer for each list would make the garbage collector run often. */
const scratch = Buffer.allocUnsafe(1024 * 1024);

/**
 * Many texts as one argument of a script: `cmsgpack.unpack(ARGV[n])` makes a list of them. As arguments of their own they
 * take more of the client's time, which measures, wraps and joins each of them.
 */
export function packTexts(texts: readonly string[]): Buffer {
  const end = write(texts, scratch);
  if (end !== null) return Buffer.from(scratch.subarray(0, end));
  const packed = Buffer.allocUnsafe(mostBytes(texts));
  return packed.subarray(0, write(texts, packed)!);
}

/** Returns where the list ends; `null`: it may not fit. */
function write(texts: readonly string[], packed: Buffer): number | null {
  let end = writeHead(packed, LIST, texts.length, 0);
  for (const text of texts) {
    const at = end + HEAD_BYTES;
    if (at + text.length * MOST_BYTES_PER_UNIT > packed.length) return null;
    const size = packed.write(text, at);
    end = writeHead(packed, TEXT, size, end) + size;
  }
  return end;
}

function mostBytes(texts: readonly string[]): number {
  let most = HEAD_BYTES;
  for (const text of texts) most += HEAD_BYTES + text.length * MOST_BYTES_PER_UNIT;
  return most;
}

/** Returns where the head ends. */
function writeHead(packed: Buffer, kind: number, length: number, at: number): number {
  packed[at] = kind;
  packed.writeUInt32BE(length, at + 1);
  return at + HEAD_BYTES;
}
