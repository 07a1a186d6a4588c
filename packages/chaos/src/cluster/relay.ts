import type { Socket } from "node:net";

/** Hands bytes on, in their order. */
export interface Relay {
  take(chunk: Buffer, to: Socket): void;
  /** Resolves when all bytes taken so far have been handed on. */
  readonly idle: Promise<void>;
}

const PIECE_EVERY_MS = 5;

/** At once, but behind what `before` still keeps. */
export function passAtOnce(_amount = 0, before?: Relay): Relay {
  return inOrder(() => Promise.resolve(), before);
}

/** Each chunk `delayMs` later. */
export function passAfter(delayMs: number, before?: Relay): Relay {
  return inOrder(() => pause(delayMs), before);
}

/** `size` bytes every 5 ms. */
export function passInPieces(size: number, before?: Relay): Relay {
  let last = before?.idle ?? Promise.resolve();
  return {
    take(chunk, to) {
      last = last.then(async () => {
        for (let start = 0; start < chunk.length; start += size) {
          await pause(PIECE_EVERY_MS);
          write(chunk.subarray(start, start + size), to);
        }
      });
    },
    get idle() {
      return last;
    },
  };
}

/** The waits of two chunks run at the same time: a delay does not make a connection slower than that delay. */
function inOrder(wait: () => Promise<void>, before?: Relay): Relay {
  let last = before?.idle;
  return {
    take(chunk, to) {
      const waited = wait();
      const behind = last ?? Promise.resolve();
      last = behind.then(() => waited).then(() => write(chunk, to));
    },
    get idle() {
      return last ?? Promise.resolve();
    },
  };
}

function write(chunk: Buffer, to: Socket): void {
  if (!to.destroyed && to.writable) to.write(chunk);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
