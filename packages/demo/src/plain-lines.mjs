// @ts-check
/** The show where no terminal is: one line per event. */

/**
 * @param {{ write(text: string): unknown }} output
 * @returns {import("./show.mjs").View}
 */
export function plainLines(output) {
  /** @param {string} text */
  const print = (text) => void output.write(`${text}\n`);
  return { changed() {}, line: print, published: print, end: () => print("") };
}
