/** The bytes before a list and before each text, in MessagePack: its kind, and its length in 32 bits. */
const HEAD_BYTES = 5;
const LIST = 0xdd;
const TEXT = 0xdb;
/** A UTF-16 code unit takes at most so many bytes in UTF-8. */
const MOST_BYTES_PER_UNIT = 3;

/** Grows to the longest list. */
let scratch = Buffer.allocUnsafe(64 * 1024);

/**
 * Many texts as one argument of a script: `cmsgpack.unpack(ARGV[n])` makes a list of them. As arguments of their own they
 * take more of the client's time, which measures, wraps and joins each of them.
 */
export function packTexts(texts: readonly string[]): Buffer {
  reserve(texts);
  let end = writeHead(LIST, texts.length, 0);
  for (const text of texts) {
    const size = scratch.write(text, end + HEAD_BYTES);
    end = writeHead(TEXT, size, end) + size;
  }
  return Buffer.from(scratch.subarray(0, end));
}

function reserve(texts: readonly string[]): void {
  let most = HEAD_BYTES;
  for (const text of texts) most += HEAD_BYTES + text.length * MOST_BYTES_PER_UNIT;
  if (scratch.length < most) scratch = Buffer.allocUnsafe(most);
}

/** Returns where the head ends. */
function writeHead(kind: number, length: number, at: number): number {
  scratch[at] = kind;
  scratch.writeUInt32BE(length, at + 1);
  return at + HEAD_BYTES;
}
