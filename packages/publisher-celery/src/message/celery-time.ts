/**
 * UTC as Python's `isoformat` writes it, with six digits of fraction or none. A worker reads the digits after the point as
 * a whole number of microseconds: JavaScript's `.891Z` would mean 0.000891 s.
 */
export function celeryTime(epochMs: number): string {
  const text = new Date(epochMs).toISOString();
  const seconds = text.slice(0, -5);
  const fraction = text.slice(-4, -1);
  return fraction === "000" ? `${seconds}+00:00` : `${seconds}.${fraction}000+00:00`;
}

let lastInstant = NaN;
let lastText = "";

/** ISO 8601 with milliseconds. The entries of a burst share an instant, so the text of the last one is kept. */
export function instantText(epochMs: number): string {
  if (epochMs !== lastInstant) [lastInstant, lastText] = [epochMs, new Date(epochMs).toISOString()];
  return lastText;
}
