import type { MemcacheValue } from "@beatx/shared-memcache";

/**
 * Rewrites replies for the client's parser, which splits values at line ends, converts them by their flags and drops the
 * flags. Each value becomes one line, `<flags>:<base64>`, which the client passes on as it is.
 */
export class ReplyRewriter {
  #rest: Buffer = Buffer.alloc(0);

  /** The lines that are complete with this chunk. */
  push(chunk: Buffer): string {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let lines = "";
    let start = 0;
    for (;;) {
      const end = data.indexOf("\r\n", start);
      if (end === -1) break;
      const line = data.toString("latin1", start, end);
      if (!line.startsWith("VALUE ")) {
        lines += `${line}\r\n`;
        start = end + 2;
        continue;
      }
      const [, key, flags, length, ...cas] = line.split(" ");
      const valueEnd = end + 2 + Number(length);
      if (!Number.isSafeInteger(valueEnd)) throw new Error(`the server sent ${JSON.stringify(line)}`);
      if (data.length < valueEnd + 2) break;
      const encoded = `${flags}:${data.toString("base64", end + 2, valueEnd)}`;
      lines += `${["VALUE", key, 0, encoded.length, ...cas].join(" ")}\r\n${encoded}\r\n`;
      start = valueEnd + 2;
    }
    this.#rest = data.subarray(start);
    return lines;
  }
}

/** The value in a line that `ReplyRewriter` made. */
export function valueIn(line: string): MemcacheValue {
  const colon = line.indexOf(":");
  return { flags: Number(line.slice(0, colon)), bytes: Buffer.from(line.slice(colon + 1), "base64") };
}
