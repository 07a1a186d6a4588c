/** Fences are epoch ms or a little more (R2). A higher number is damage: the next fences would soon be too large for JSON. */
const MAX_FENCE = 9e13;

export function isFence(value: unknown): value is number {
  return isCount(value) && value <= MAX_FENCE;
}

/** A whole number from 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The list in a JSON text; `null`: the text is something else. */
export function readList(text: string): readonly unknown[] | null {
  const value = readJson(text);
  return Array.isArray(value) ? (value as unknown[]) : null;
}

/** The value of a JSON text; `undefined`: it is no JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
