import { createHash, hash, randomUUID } from "node:crypto";

/** Instants are whole milliseconds within 10^14 of 0: as a signed number of 48 bits they fill 12 hexadecimal digits. */
const INSTANT_RANGE = 2 ** 48;

/** The variant of RFC 9562 in the two high bits of a hexadecimal digit, and the two low bits of that digit. */
const VARIANTS = "89ab";

/**
 * The part that the ids of all occurrences of an entry share: 74 bits of a hash of namespace and entry name, with the
 * version (8) and variant of a UUID between them. A zero byte, which no namespace contains, separates namespace and name.
 */
export function occurrenceSuffix(namespace: string, entry: string): string {
  const hex = hash("sha1", `${namespace}\0${entry}`);
  const variant = VARIANTS[parseInt(hex[4]!, 16) % 4]!;
  const suffix = `8${hex.slice(1, 4)}-${variant}${hex.slice(5, 8)}-${hex.slice(8, 20)}`;
  // One piece of text: joined parts would be walked through again for every message.
  return Buffer.from(suffix, "latin1").toString("latin1");
}

let lastInstant = NaN;
let lastPrefix = "";

/** The instant in hexadecimal. The entries of a burst share an instant, so the text of the last one is kept. */
function instantPrefix(instant: number): string {
  if (instant === lastInstant) return lastPrefix;
  const hex = (instant < 0 ? instant + INSTANT_RANGE : instant).toString(16).padStart(12, "0");
  [lastInstant, lastPrefix] = [instant, `${hex.slice(0, 8)}-${hex.slice(8)}-`];
  return lastPrefix;
}

/**
 * The id of an occurrence, a UUID of version 8 (RFC 9562): the instant, then the entry's `occurrenceSuffix`. Every node
 * makes the same id, without memory (R13).
 */
export function occurrenceId(instant: number, suffix: string): string {
  return instantPrefix(instant) + suffix;
}

/** The random id of a requested run: 122 random bits (R13). */
export function randomId(): string {
  return randomUUID();
}

/** A whole number from 0 to `range - 1` that depends only on the name, for stable jitter. */
export function stableOffset(name: string, range: number): number {
  if (range <= 1) return 0;
  return Number(createHash("sha1").update(name).digest().readBigUInt64BE() % BigInt(range));
}
