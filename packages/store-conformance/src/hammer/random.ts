/** Returns numbers from 0 to below 1, the same sequence for the same seed. */
export type Random = () => number;

/** Each `stream` of a seed is a sequence that does not depend on how fast the others are used. */
export function seededRandom(seed: number, stream: string): Random {
  // FNV-1a turns seed and stream into the state; mulberry32 makes the sequence. Other tests of this repository take
  // `seeded` of a private package, on which a published one cannot depend.
  let state = 0x811c9dc5;
  for (const character of `${seed} ${stream}`) state = Math.imul(state ^ character.codePointAt(0)!, 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomBetween(random: Random, least: number, most: number): number {
  return least + (most - least) * random();
}
