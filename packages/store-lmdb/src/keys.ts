import { createHash } from "node:crypto";

/** LMDB allows keys of up to 1978 bytes. A longer name has its digest as key; the row holds the name itself. */
const LONGEST_PLAIN_NAME = 1024;

/** The byte after the namespace's digest. It groups the rows of a namespace by kind. */
const KIND = { guard: 1, lock: 2, history: 3, definition: 4, cursor: 5, change: 6, removal: 7, record: 8 } as const;

/** A half-open range of keys. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** The keys of one namespace. Keys are bytes, so a name may contain any character, even NUL and newlines. */
export interface Keys {
  /** Its version counts the steps that wrote to the namespace. */
  readonly guard: Buffer;
  readonly lock: Buffer;
  readonly history: Buffer;
  readonly definitions: KeyRange;
  readonly definition: (name: string) => Buffer;
  /**
   * The keys of the definitions whose names are no longer than a key, begin with the first text and come after the second.
   * Their order is that of the names.
   */
  readonly shortNames: (prefix: string, after: string | undefined) => KeyRange;
  /** The keys of definitions whose names are too long for a key. */
  readonly longNames: KeyRange;
  readonly cursor: (name: string) => Buffer;
  /** The record in a slot of a name. */
  readonly record: (name: string, slot: number) => Buffer;
  /** The name whose last write has this revision number. Sorted by number. */
  readonly change: (revision: number) => Buffer;
  /** The name that was removed with this revision number. Sorted by number. */
  readonly removal: (revision: number) => Buffer;
}

const PREFIX_BYTES = 16;
/** Where a name begins in a key, behind prefix, kind and the byte that says that it is the name itself. */
const NAME_AT = PREFIX_BYTES + 2;

/** The byte before a name in a key: the name itself follows, or its digest. */
const PLAIN = 0;
const DIGEST = 1;
/** No byte of UTF-8. */
const END_OF_NAME = 0xff;

/** The digest has a fixed length, so no namespace is a prefix of another one. */
export function keysOf(namespace: string): Keys {
  const prefix = createHash("sha256").update(namespace).digest().subarray(0, PREFIX_BYTES);
  const key = (kind: number, ...rest: Buffer[]): Buffer => Buffer.concat([prefix, Buffer.of(kind), ...rest]);
  /** Made in one piece: each move of a cursor makes several keys. */
  const nameKey = (kind: number, name: string): Buffer => {
    const length = Buffer.byteLength(name);
    if (length > LONGEST_PLAIN_NAME) return key(kind, Buffer.of(DIGEST), createHash("sha256").update(name).digest());
    const bytes = Buffer.allocUnsafe(NAME_AT + length);
    prefix.copy(bytes);
    bytes[PREFIX_BYTES] = kind;
    bytes[PREFIX_BYTES + 1] = PLAIN;
    bytes.write(name, NAME_AT);
    return bytes;
  };
  return {
    guard: key(KIND.guard),
    lock: key(KIND.lock),
    history: key(KIND.history),
    definitions: { start: key(KIND.definition), end: key(KIND.definition + 1) },
    definition: (name) => nameKey(KIND.definition, name),
    shortNames: (prefix, after) => {
      const plain = (text: string): Buffer => {
        return key(KIND.definition, Buffer.of(PLAIN), Buffer.from(text).subarray(0, LONGEST_PLAIN_NAME));
      };
      const [first, begin] = [plain(prefix), plain(after ?? "")];
      const start = after !== undefined && Buffer.compare(begin, first) >= 0 ? keyAfter(begin) : first;
      return { start, end: keyAfterAll(first) };
    },
    longNames: { start: key(KIND.definition, Buffer.of(DIGEST)), end: key(KIND.definition + 1) },
    cursor: (name) => nameKey(KIND.cursor, name),
    // The slot follows: rows of one name stand side by side, and no name is mistaken for another one with a slot.
    record: (name, slot) => Buffer.concat([nameKey(KIND.record, name), Buffer.of(END_OF_NAME, slot)]),
    change: (revision) => key(KIND.change, numberBytes(revision)),
    removal: (revision) => key(KIND.removal, numberBytes(revision)),
  };
}

/** The name in the key of a definition. `undefined`: the key has a digest, or is damaged. */
export function nameIn(key: Buffer): string | undefined {
  if (key[PREFIX_BYTES + 1] !== PLAIN) return undefined;
  const bytes = key.subarray(NAME_AT);
  const name = bytes.toString();
  return Buffer.from(name).equals(bytes) ? name : undefined;
}

/** The number in the key of a change or removal; `NaN` for a damaged key. */
export function numberIn(key: Buffer): number {
  return key.length === PREFIX_BYTES + 7 ? key.readUIntBE(PREFIX_BYTES + 1, 6) : NaN;
}

/** The first key after `key`. */
export function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

/** The first key after all that begin with `start`, which has a byte below 255. */
function keyAfterAll(start: Buffer): Buffer {
  let length = start.length;
  while (start[length - 1] === 0xff) length -= 1;
  const end = Buffer.from(start.subarray(0, length));
  end[length - 1]! += 1;
  return end;
}

/** Six bytes, most significant first: they sort like the numbers, and hold ms since 1970 for another 8000 years. */
function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(Math.max(0, value), 0, 6);
  return bytes;
}
