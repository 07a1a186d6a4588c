/**
 * Compares two names by their bytes in UTF-8, the order in which entries are listed: negative, 0 or positive. JavaScript
 * itself compares UTF-16 units, which puts characters beyond U+FFFF before some below.
 */
export function compareNames(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index++) {
    const [a, b] = [one.charCodeAt(index), other.charCodeAt(index)];
    if (a !== b) return rank(a) - rank(b);
  }
  return one.length - other.length;
}

/** A UTF-16 unit, with surrogates moved behind all others: they begin the characters beyond U+FFFF. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
