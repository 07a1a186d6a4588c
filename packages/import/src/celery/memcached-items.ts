/** The items of a memcached server, byte by byte: Python's clients write pickles. */

import { connect, type Socket } from "node:net";

import { StoreError } from "@beatx/core";

const TIMEOUT_MS = 10_000;
const LARGEST_ITEM = 128 * 1024 * 1024;

export interface MemcachedItem {
  readonly flags: number;
  readonly value: Buffer;
}

/** One server. Each command has a connection of its own: an import sends a few of them. */
export interface MemcachedItems {
  get(key: string): Promise<MemcachedItem | null>;
  /** `false`: there is such an item. */
  add(key: string, value: string, lifetimeMs: number): Promise<boolean>;
  /** `false`: there is no such item. */
  touch(key: string, lifetimeMs: number): Promise<boolean>;
  delete(key: string): Promise<void>;
}

export function memcachedItems(host: string, port: number): MemcachedItems {
  const send = (command: string, isWhole: (answer: Buffer) => boolean): Promise<Buffer> =>
    exchange({ host, port }, command, isWhole);
  const line = async (command: string): Promise<string> => {
    const answer = (await send(command, (bytes) => bytes.includes("\r\n"))).toString("latin1").trimEnd();
    if (/^(SERVER_|CLIENT_)?ERROR/.test(answer)) throw new StoreError(`memcached at ${host}:${port} says ${answer}`);
    return answer;
  };
  // The server rounds down: an item may end up to a second early.
  const seconds = (lifetimeMs: number): number => Math.ceil(lifetimeMs / 1000) + 1;
  return {
    async get(key) {
      return itemIn(await send(`get ${key}\r\n`, isWholeItem));
    },
    async add(key, value, lifetimeMs) {
      const size = Buffer.byteLength(value);
      return (await line(`add ${key} 0 ${seconds(lifetimeMs)} ${size}\r\n${value}\r\n`)) === "STORED";
    },
    async touch(key, lifetimeMs) {
      return (await line(`touch ${key} ${seconds(lifetimeMs)}\r\n`)) === "TOUCHED";
    },
    async delete(key) {
      await line(`delete ${key}\r\n`);
    },
  };
}

const HEADER = /^VALUE \S+ (?<flags>\d+) (?<size>\d+)(?: \d+)?$/;

function isWholeItem(answer: Buffer): boolean {
  const end = answer.indexOf("\r\n");
  if (end < 0) return false;
  const match = HEADER.exec(answer.toString("latin1", 0, end));
  return match === null || answer.length >= end + 2 + Number(match.groups!["size"]) + "\r\nEND\r\n".length;
}

function itemIn(answer: Buffer): MemcachedItem | null {
  const end = answer.indexOf("\r\n");
  const first = answer.toString("latin1", 0, end);
  if (first === "END") return null;
  const match = HEADER.exec(first);
  if (match === null) throw new StoreError(`memcached says ${first.slice(0, 200)}`);
  const { flags, size } = match.groups!;
  return { flags: Number(flags), value: answer.subarray(end + 2, end + 2 + Number(size)) };
}

function exchange(
  { host, port }: { readonly host: string; readonly port: number },
  command: string,
  isWhole: (answer: Buffer) => boolean,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const socket: Socket = connect({ host, port }, () => void socket.write(command));
    const fail = (why: string): void => {
      socket.destroy();
      reject(new StoreError(`memcached at ${host}:${port} cannot be read: ${why}`));
    };
    socket.setTimeout(TIMEOUT_MS, () => fail(`no answer within ${TIMEOUT_MS / 1000} s`));
    socket.on("error", (error) => fail(error.message));
    socket.on("close", () => fail("it closed the connection"));
    socket.on("data", (part) => {
      parts.push(part);
      size += part.length;
      if (size > LARGEST_ITEM) return fail("its answer has no end");
      const answer = Buffer.concat(parts);
      if (!isWhole(answer)) return;
      socket.removeAllListeners("close").destroy();
      resolve(answer);
    });
  });
}
