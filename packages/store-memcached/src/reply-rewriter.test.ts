import { describe, expect, it } from "vitest";
import { ReplyRewriter, valueIn } from "./reply-rewriter.js";

/** Values that break a parser of lines, with flags that make the client convert them. */
const VALUES: readonly (readonly [bytes: Buffer, flags: number])[] = [
  [Buffer.from("a text"), 0],
  [Buffer.from(""), 2],
  [Buffer.from("END"), 0],
  [Buffer.from("two\r\nEND\r\nlines"), 8],
  [Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0xfe]), 4294967295],
];

function replyWith(values: typeof VALUES): Buffer {
  const parts = values.flatMap(([bytes, flags], index) => [
    Buffer.from(`VALUE key:${index} ${flags} ${bytes.length} ${index + 7}\r\n`),
    bytes,
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...parts, Buffer.from("END\r\nSTORED\r\n")]);
}

describe("a rewritten reply", () => {
  it.each([1, 2, 7, 1000])("has one line for each value, read in chunks of %i bytes", (size) => {
    const reply = replyWith(VALUES);
    const rewriter = new ReplyRewriter();
    let lines = "";
    for (let start = 0; start < reply.length; start += size)
      lines += rewriter.push(reply.subarray(start, start + size));
    const [...rows] = lines.split("\r\n");
    expect(rows.splice(-3)).toEqual(["END", "STORED", ""]);
    VALUES.forEach(([bytes, flags], index) => {
      const [header, line] = rows.slice(index * 2);
      expect(header).toBe(`VALUE key:${index} 0 ${line!.length} ${index + 7}`);
      expect(valueIn(line!)).toEqual({ bytes, flags });
    });
  });

  it("is refused if a length is no number", () => {
    expect(() => new ReplyRewriter().push(Buffer.from("VALUE key 0 many\r\n"))).toThrow("VALUE key 0 many");
  });
});
