import { createHash } from "node:crypto";

/** LMDB takes keys of up to 1978 bytes; a longer name is filed under its digest (the row holds the name itself). */
const LONGEST_PLAIN_NAME = 1024;

/** Orders the rows of a namespace; the byte after the namespace's digest. */
const KIND = { guard: 1, lock: 2, history: 3, definition: 4, cursor: 5, change: 6, removal: 7 } as const;

/** A half-open range of keys. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** Where the rows of one namespace lie. Keys are bytes, so that a name may contain anything, NUL and newlines too. */
export interface Keys {
  /** Its version counts the steps that wrote into the namespace. */
  readonly guard: Buffer;
  readonly lock: Buffer;
  readonly history: Buffer;
  readonly definitions: KeyRange;
  readonly definition: (name: string) => Buffer;
  readonly cursor: (name: string) => Buffer;
  /** Which name was last written with this revision number; in the order of the numbers. */
  readonly change: (revision: number) => Buffer;
  /** Which name was removed with this revision number; in the order of the numbers. */
  readonly removal: (revision: number) => Buffer;
}

/** The digest has a fixed length: no namespace is a prefix of another one. */
export function keysOf(namespace: string): Keys {
  const prefix = createHash("sha256").update(namespace).digest().subarray(0, 16);
  const key = (kind: number, ...rest: Buffer[]): Buffer => Buffer.concat([prefix, Buffer.of(kind), ...rest]);
  return {
    guard: key(KIND.guard),
    lock: key(KIND.lock),
    history: key(KIND.history),
    definitions: { start: key(KIND.definition), end: key(KIND.definition + 1) },
    definition: (name) => key(KIND.definition, nameBytes(name)),
    cursor: (name) => key(KIND.cursor, nameBytes(name)),
    change: (revision) => key(KIND.change, numberBytes(revision)),
    removal: (revision) => key(KIND.removal, numberBytes(revision)),
  };
}

/** The first key after `key`. */
export function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

function nameBytes(name: string): Buffer {
  const bytes = Buffer.from(name);
  if (bytes.length <= LONGEST_PLAIN_NAME) return Buffer.concat([Buffer.of(0), bytes]);
  return Buffer.concat([Buffer.of(1), createHash("sha256").update(bytes).digest()]);
}

/** Six bytes, most significant first: sorts as numbers do, and holds ms since 1970 for another 8000 years. */
function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(Math.max(0, value), 0, 6);
  return bytes;
}
