// Loaded before the program of a node. Says when the node's event loop did not run: the checker allows for it.
const EVERY_MS = 50;
const WORTH_SAYING_MS = 150;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  const ms = now - last - EVERY_MS;
  if (ms > WORTH_SAYING_MS) process.stdout.write(`${JSON.stringify({ event: "stall", ms })}\n`);
  last = now;
}, EVERY_MS).unref();
