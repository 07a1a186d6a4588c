import { connect } from "node:net";

/** One item as the server has it. */
export interface MemcachedItem {
  readonly bytes: Buffer;
  readonly flags: number;
}

/** A dump omits items that the server's own threads hold at the moment. Stop after this many dumps without a new key. */
const QUIET_DUMPS = 5;

/** Sends a request of the text protocol over a new connection, and returns the whole reply once it matches `end`. */
export function askMemcached(port: number, request: string | Buffer, end: RegExp): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      const reply = Buffer.concat(chunks);
      if (!end.test(reply.toString("latin1"))) return;
      socket.destroy();
      resolve(reply);
    });
    socket.once("error", reject);
  });
}

/** The keys on the server that match. Waits for at least one. */
export async function memcachedKeys(port: number, pattern: RegExp): Promise<string[]> {
  const found = new Set<string>();
  for (let quiet = 0; quiet < QUIET_DUMPS || found.size === 0; quiet += 1) {
    const dump = await askMemcached(port, "lru_crawler metadump all\r\n", /(END|BUSY.*)\r\n$/);
    for (const [, encoded] of dump.toString().matchAll(/^key=(\S+)/gm)) {
      const key = decodeURIComponent(encoded!);
      if (!pattern.test(key) || found.has(key)) continue;
      found.add(key);
      quiet = 0;
    }
  }
  return [...found];
}

/** Stores a value unconditionally, as another client would: of any type and with any flags. */
export async function setMemcachedItem(port: number, key: string, value: string | Buffer, flags = 0): Promise<void> {
  const bytes = Buffer.from(value);
  const request = Buffer.concat([Buffer.from(`set ${key} ${flags} 0 ${bytes.length}\r\n`), bytes, Buffer.from("\r\n")]);
  const reply = (await askMemcached(port, request, /\r\n$/)).toString().trim();
  if (reply !== "STORED") throw new Error(`memcached did not store ${key}: ${reply}`);
}

/** `null`: no such item. */
export async function getMemcachedItem(port: number, key: string): Promise<MemcachedItem | null> {
  const reply = await askMemcached(port, `get ${key}\r\n`, /(^|\r\n)END\r\n$/);
  const [, flags, length] = /^VALUE \S+ (\d+) (\d+)\r\n/.exec(reply.toString("latin1")) ?? [];
  if (length === undefined) return null;
  const start = reply.indexOf("\r\n") + 2;
  return { bytes: reply.subarray(start, start + Number(length)), flags: Number(flags) };
}

export async function deleteMemcachedItems(port: number, keys: readonly string[]): Promise<void> {
  for (const key of keys) await askMemcached(port, `delete ${key}\r\n`, /\r\n$/);
}
