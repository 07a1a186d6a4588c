// A store for hammer workers. It sends each command over a unix socket to the test's process, which carries it out.
import { LockLostError, StoreError } from "@beatx/core";
import { connect } from "node:net";
import { createInterface } from "node:readline";

/** `uri` is the path of the socket that `serveStore` listens on. */
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

/** Crashes its process after 300 ms by an uncaught error. */
export async function openFragileStore(uri, options) {
  setTimeout(() => {
    throw new Error("a pipe burst");
  }, 300).unref();
  return openSocketStore(uri, options);
}

/** An export that is no store provider. */
export const notAStore = "a text";
