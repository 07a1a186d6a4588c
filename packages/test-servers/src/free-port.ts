import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

/**
 * A free TCP port of the loopback interface. Another process may still take it first, so be ready to try again. `below` is
 * for servers that derive a second port from the first.
 */
export async function freePort(options: { readonly below?: number } = {}): Promise<number> {
  const below = options.below ?? 65_536;
  for (;;) {
    const port = await askForPort();
    if (port < below) return port;
  }
}

function askForPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
