import { BeatNode } from "./beat-node.js";

/** The processes of one test. Each test has its own, so that tests which only wait run side by side. */
export class Fleet {
  readonly nodes: BeatNode[] = [];
  readonly #servers: { stop(): Promise<void> }[] = [];

  /** Starts `count` nodes, one after the other. */
  async start(options: object, count = 1): Promise<void> {
    for (let started = 0; started < count; started++) this.nodes.push(await BeatNode.start(options));
  }

  /** The nodes that still run. */
  get running(): readonly BeatNode[] {
    return this.nodes.filter(({ role }) => role !== "gone");
  }

  /** Returns the server, which is stopped at the end: the latest first, since a worker that closes needs its broker. */
  with<Server extends { stop(): Promise<void> }>(server: Server): Server {
    this.#servers.unshift(server);
    return server;
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    for (const server of this.#servers) await server.stop();
  }
}

/** A test with a fleet of its own, which ends with it. */
export function withFleet(test: (fleet: Fleet) => Promise<void>): () => Promise<void> {
  return async () => {
    const fleet = new Fleet();
    try {
      await test(fleet);
    } finally {
      await fleet.end();
    }
  };
}
