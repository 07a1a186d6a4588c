/** The part of README that makes promises: all before the first section, and this section. */
const SECTION = "Delivery guarantees";

/**
 * Every sentence of README in which a promise may stand, as plain text: of the beginning and of "Delivery guarantees". A row
 * of a table is one sentence.
 *
 * @param {string} markdown
 * @returns {string[]}
 */
export function sentencesOf(markdown) {
  const [beginning, ...sections] = withoutCode(markdown).split(/^## /m);
  const guarantees = sections.find((section) => section.startsWith(SECTION));
  if (guarantees === undefined) throw new Error(`README.md has no section "${SECTION}"`);
  const blocks = [beginning, guarantees.slice(SECTION.length)].flatMap((text) => text.split(/\n\s*\n|\n(?=[-|] )/));
  return blocks.filter((block) => !/^\s*(# |$)/.test(block)).flatMap(splitBlock);
}

function withoutCode(markdown) {
  return markdown.replace(/^```[^]*?^```$/gm, "");
}

function splitBlock(block) {
  if (block.startsWith("|")) {
    const cells = block.split("|").map(plain).filter(Boolean);
    const isHead = cells.every((cell) => /^-+$/.test(cell)) || cells[0] === "store and queue";
    return isHead ? [] : [cells.join(": ")];
  }
  return plain(block.replace(/^- /, "")).split(/(?<=[.!?])\s+(?=[A-Z]|beatx )/);
}

/** Text without emphasis and links, in one line. */
function plain(markdown) {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\*\*|(?<!\w)_|_(?!\w)/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
