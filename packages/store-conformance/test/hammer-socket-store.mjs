// What hammer workers import: a store whose commands are carried out by the test's own process, over a unix socket.
import { LockLostError, StoreError } from "@beatx/core";
import { connect } from "node:net";
import { createInterface } from "node:readline";

/** `uri` is the path of the socket of `serveStore`. */
export async function openSocketStore(uri, { namespace }) {
  const socket = connect(uri);
  const waiting = new Map();
  let lastId = 0;
  const ask = (method, ...args) =>
    new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      socket.write(`${JSON.stringify({ id: lastId, method, args })}\n`);
    });
  createInterface({ input: socket }).on("line", (line) => {
    const { id, answer, code, message } = JSON.parse(line);
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (message === undefined) resolve(answer);
    else reject(code === "LOCK_LOST" ? new LockLostError(message) : new StoreError(message));
  });
  const { name, capabilities } = await ask("open", namespace);
  return {
    name,
    capabilities,
    acquireLock: (request) => ask("acquireLock", request),
    renewLock: (lease, ttlMs) => ask("renewLock", lease, ttlMs),
    releaseLock: (lease) => ask("releaseLock", lease),
    advance: (lease, moves) => ask("advance", lease, moves),
    setSchedule: (changes) => ask("setSchedule", changes),
    close: async () => void socket.end(),
  };
}

/** Throws where nobody catches it, while it is in use. */
export async function openFragileStore(uri, options) {
  setTimeout(() => {
    throw new Error("a pipe burst");
  }, 300).unref();
  return openSocketStore(uri, options);
}

/** What an author may name by mistake. */
export const notAStore = "a text";
