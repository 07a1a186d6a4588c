/** The candidate that the text was probably meant to be, in whichever case; `undefined`: none is near. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  const rated = candidates.map(
    (candidate) => [editDistance(text.toLowerCase(), candidate.toLowerCase()), candidate] as const,
  );
  const [distance, found] = rated.reduce((best, each) => (each[0] < best[0] ? each : best), [Infinity, ""] as const);
  // A short text is near to everything; a typo is one or two characters.
  return distance <= Math.min(2, Math.floor(text.length / 2)) ? found : undefined;
}

/** How many characters have to be inserted, removed, replaced or exchanged with their neighbour. */
function editDistance(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > 2) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isExchanged = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        current[column - 1]! + 1,
        last[column]! + 1,
        last[column - 1]! + (isSame ? 0 : 1),
        isExchanged ? beforeLast[column - 2]! + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length]!;
}
