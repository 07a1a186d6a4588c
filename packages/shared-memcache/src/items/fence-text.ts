/**
 * Manifest and cursor buckets are JSON arrays that begin with their fence, so that a new leader can raise the fence of
 * thousands of cursors without parsing them.
 */
export function fenceOf(text: string): number {
  return Number.parseInt(text.slice(1), 10);
}

export function withFence(text: string, fence: number): string {
  return `[${fence}${text.slice(text.indexOf(","))}`;
}
