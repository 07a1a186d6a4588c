import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Store } from "@beatx/core";
import type { HammeredStore } from "../src/hammer.js";

export interface ServedStore {
  /** The store for `hammerStore`. */
  readonly store: Required<Pick<HammeredStore, "module" | "open" | "uri">>;
  close(): Promise<void>;
}

interface Command {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Serves stores of this process to other processes; each connection is one client. */
export async function serveStore(open: (namespace: string) => Store): Promise<ServedStore> {
  const folder = await mkdtemp(join(tmpdir(), "beatx-socket-"));
  const path = join(folder, "store.sock");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    answerOn(socket, open);
  });
  server.listen(path);
  await once(server, "listening");
  return {
    store: { module: new URL("./hammer-socket-store.mjs", import.meta.url), open: "openSocketStore", uri: path },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function answerOn(socket: Socket, open: (namespace: string) => Store): void {
  let store: Store | undefined;
  const carryOut = async ({ method, args }: Command): Promise<unknown> => {
    if (method !== "open") {
      const commands = store as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>;
      return commands[method]!(...args);
    }
    store = open(args[0] as string);
    return { name: store.name, capabilities: store.capabilities };
  };
  const answer = async (line: string): Promise<void> => {
    const command = JSON.parse(line) as Command;
    const outcome = await carryOut(command).then(
      (answer) => ({ answer }),
      (error: Error & { code?: string }) => ({ code: error.code, message: error.message }),
    );
    if (socket.writable) socket.write(`${JSON.stringify({ id: command.id, ...outcome })}\n`);
  };
  const lines = createInterface({ input: socket });
  for (const source of [socket, lines]) source.on("error", () => undefined); // The worker was killed.
  lines.on("line", (line) => void answer(line));
  socket.on("close", () => void store?.close());
}
