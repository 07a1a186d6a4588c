/**
 * Text from elsewhere (names of entries, words of a server) without control characters, which could move the cursor or
 * fake a line. They are shown as in JSON, `\u001b`.
 */
export function printable(text: string, options: { readonly keepLines?: boolean } = {}): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === "\n" && options.keepLines) return character;
    return `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`;
  });
}
