import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

import type { Random } from "./random.js";

/**
 * Runs `work` with nothing in it that a seed does not decide. Random numbers of `node:crypto` (tokens, ids of records) come
 * from `random`. `setImmediate` goes on at once: code that lets the event loop turn (R39) would otherwise wait for a real
 * turn, while the virtual time goes on.
 */
export async function sealed<T>(random: Random, work: () => Promise<T>): Promise<T> {
  const { randomBytes, randomUUID, randomInt } = crypto;
  const real = { randomBytes, randomUUID, randomInt };
  const realTurn = globalThis.setImmediate;
  globalThis.setImmediate = ((callback: () => void) => queueMicrotask(() => callback())) as never;
  replace({
    randomBytes: (size: number) => bytesOf(random, size),
    randomUUID: () => uuidOf(random),
    randomInt: (limit: number) => random.below(limit),
  });
  try {
    return await work();
  } finally {
    globalThis.setImmediate = realTurn;
    replace(real);
  }
}

function replace(functions: object): void {
  Object.assign(crypto, functions);
  // Named imports follow.
  syncBuiltinESMExports();
}

function bytesOf(random: Random, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let index = 0; index < size; index++) bytes[index] = random.below(256);
  return bytes;
}

function uuidOf(random: Random): string {
  const text = bytesOf(random, 16).toString("hex");
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20)}`;
}
