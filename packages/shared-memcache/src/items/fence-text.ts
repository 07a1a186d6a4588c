/**
 * Manifest and cursor buckets are JSON arrays that begin with their fence, so that a new leader can seal thousands of
 * cursors without reading them.
 */
export function fenceOf(text: string): number {
  return Number.parseInt(text.slice(1), 10);
}

export function withFence(text: string, fence: number): string {
  return `[${fence}${text.slice(text.indexOf(","))}`;
}
