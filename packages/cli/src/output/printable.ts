/**
 * Escapes control characters as JSON does, `\u001b`. In text from outside, such as entry names and server errors, they
 * could move the terminal's cursor or fake a line.
 */
export function printable(text: string, options: { readonly keepLines?: boolean } = {}): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === "\n" && options.keepLines) return character;
    return `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`;
  });
}
