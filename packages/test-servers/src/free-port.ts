import { createServer } from "node:net";

/** Below the ports that systems give to outgoing connections: none of them takes the port of a server that is down. */
const LOWEST = 15_000;
const HIGHEST = 32_000;

/** No port is handed out twice, because a server that is down keeps its port. */
const taken = new Set<number>();

/**
 * A free TCP port of the loopback interface. Another process may still take it first, so be ready to try again. A server may
 * add up to 30,000 for a second port.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
