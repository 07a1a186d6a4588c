/** The largest number of moments within less than `windowMs`. `moments`: ms. */
export function mostWithin(moments: readonly number[], windowMs: number): number {
  const ascending = [...moments].sort((one, other) => one - other);
  let [most, first] = [0, 0];
  for (const [index, at] of ascending.entries()) {
    while (at - ascending[first]! >= windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
