// @ts-check
/** Shows the demo without a terminal: one line per event. */

/**
 * @param {{ write(text: string): unknown }} output
 * @returns {import("./show.mjs").View}
 */
export function plainLines(output) {
  /** @param {string} text */
  const print = (text) => void output.write(`${text}\n`);
  return { changed() {}, line: print, published: print, end: () => print("") };
}
