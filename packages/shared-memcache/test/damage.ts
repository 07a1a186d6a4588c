/** Ways to damage an item, for tests. */

export interface Damage {
  readonly what: string;
  readonly value: string | Buffer;
  readonly flags?: number;
}

/** Values that no client of beatx writes, whatever the item held before. */
export function damagesOf(text: string): readonly Damage[] {
  return [
    { what: "cut short", value: text.slice(0, -5) },
    { what: "cut to one character", value: text.slice(0, 1) },
    { what: "empty", value: "" },
    { what: "garbage", value: "garbage" },
    { what: "garbage that ends in a digit", value: "hello 5" },
    { what: "a number", value: "42" },
    { what: "null", value: "null" },
    { what: "another JSON", value: '{"a":1}' },
    { what: "an empty list", value: "[]" },
    { what: "lists in a list", value: "[[],[[]],[[]]]" },
    { what: "a megabyte", value: "a".repeat(1_000_000) },
    { what: "binary", value: Buffer.from([0x80, 0xff, 0x00, 0x0d, 0x0a, 0x7b]) },
    { what: "the same with the flags of JSON", value: text, flags: 2 },
    { what: "a number with its flags", value: "5", flags: 8 },
    { what: "compressed", value: Buffer.from("1f8b0800000000000003", "hex"), flags: 16 },
    { what: "two lines", value: `${text}\r\nEND\r\n` },
  ];
}

/** Values of a wrong type or out of range, for any field. */
const WRONG: readonly unknown[] = [null, true, -1, 0.5, 1e300, [], {}, ["x"]];

/**
 * The JSON text with one field after the other replaced, down to the rows of a bucket; without its checksum, as an older
 * version wrote it.
 */
export function* wrongFieldsOf(original: string): Generator<Damage> {
  const text = original.replace(/,"[\w-]{22}"\]$/, "]");
  for (const path of pathsIn(JSON.parse(text), 4)) {
    for (const wrong of WRONG) {
      const value = JSON.stringify(withField(JSON.parse(text), path, wrong));
      if (value !== text) yield { what: `${path.join(".")} is ${JSON.stringify(wrong)}`, value };
    }
  }
}

function* pathsIn(value: unknown, depth: number): Generator<readonly string[]> {
  if (typeof value !== "object" || value === null || depth === 0) return;
  for (const [key, inner] of Object.entries(value)) {
    yield [key];
    for (const rest of pathsIn(inner, depth - 1)) yield [key, ...rest];
  }
}

function withField(value: unknown, [key, ...rest]: readonly string[], wrong: unknown): unknown {
  const record = value as Record<string, unknown>;
  record[key!] = rest.length === 0 ? wrong : withField(record[key!], rest, wrong);
  return record;
}

/** Some characters of the text replaced, removed or inserted. */
export function scrambled(text: string, random: () => number): string {
  const characters = [...text];
  for (let count = 1 + Math.floor(random() * 3); count > 0; count -= 1) {
    const place = Math.floor(random() * characters.length);
    const removed = Math.floor(random() * (random() < 0.3 ? 40 : 2));
    characters.splice(place, removed, ...(random() < 0.7 ? [String.fromCharCode(32 + random() * 95)] : []));
  }
  return characters.join("");
}
