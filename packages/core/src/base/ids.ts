import { createHash, randomUUID } from "node:crypto";

/** The namespace UUID of beatx's ids (RFC 9562, section 5.5). Changing it would change every id. */
const BEATX_NAMESPACE = Buffer.from("7d1f3f0c5a0e4f0c9f6b2a64d3c0be47", "hex");

/**
 * UUIDv5 of namespace, entry name and instant (R13): every node computes the same id, without memory. A zero byte,
 * which no namespace contains, separates the parts, so different triples never give the same text.
 */
export function occurrenceId(namespace: string, entry: string, instant: number): string {
  const bytes = createHash("sha1").update(BEATX_NAMESPACE).update(`${namespace}\0${instant}\0${entry}`).digest();
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex", 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
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
