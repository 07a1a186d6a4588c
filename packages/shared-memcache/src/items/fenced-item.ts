import { isFence, readList } from "./checks.js";
import { shortHash } from "./keys.js";

/**
 * Manifest and cursor buckets are JSON lists: a fence, the fields, and a checksum of the fields. The fence comes first and is
 * not part of the checksum, so that a new leader can raise it on thousands of cursors without encoding them again.
 */
export interface FencedItem {
  /** Leases with a lower fence can no longer write. */
  readonly fence: number;
  readonly fields: readonly unknown[];
}

export function encodeItem({ fence, fields }: FencedItem): string {
  const body = JSON.stringify(fields).slice(1, -1);
  return `[${fence},${body},"${shortHash(body)}"]`;
}

/** `null`: beatx did not write this text, or it was damaged since. An item without a checksum is of an older version. */
export function decodeItem(text: string, numberOfFields: number): FencedItem | null {
  const [fence, ...rest] = readList(text) ?? [];
  if (!isFence(fence) || rest.length < numberOfFields) return null;
  const isIntact = rest.length === numberOfFields || rest.at(-1) === shortHash(bodyOf(text));
  return isIntact ? { fence, fields: rest.slice(0, numberOfFields) } : null;
}

export function withFence(text: string, fence: number): string {
  return `[${fence}${text.slice(text.indexOf(","))}`;
}

function bodyOf(text: string): string {
  return text.slice(text.indexOf(",") + 1, text.lastIndexOf(","));
}
