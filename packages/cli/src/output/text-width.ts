const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;

/** The number of terminal columns of a text: combining marks take none, East Asian characters two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) if (!/\p{M}/u.test(character)) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/** The text in exactly `width` columns: padded with blanks, or cut and ended with `ellipsis` (one column). */
export function fitText(text: string, width: number, ellipsis: string): string {
  const missing = width - widthOf(text);
  if (missing >= 0) return text + " ".repeat(missing);
  let cut = "";
  for (const character of text) {
    if (widthOf(cut + character) > width - 1) break;
    cut += character;
  }
  return fitText(cut + ellipsis, width, ellipsis);
}

/** The text if it fits in `width` columns (1 or more), else its beginning and its end with `…` between. */
export function shortenMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  // A combining mark stays with its letter.
  const letters = text.match(/.\p{M}*/gsu) ?? [];
  const head = take(letters, Math.ceil((width - 1) / 2));
  const tail = take([...letters].reverse(), width - 1 - widthOf(head.join("")));
  return `${head.join("")}…${tail.reverse().join("")}`;
}

/** The first letters that fit in `width` columns. */
function take(letters: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let left = width;
  for (const letter of letters) {
    left -= widthOf(letter);
    if (left < 0) break;
    taken.push(letter);
  }
  return taken;
}
