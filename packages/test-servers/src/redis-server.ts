import { mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { runProcess, runToEnd, temporaryFolder, waitFor } from "./run-process.js";
import type { RunningProcess } from "./run-process.js";

export interface RedisServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** `redis://127.0.0.1:<port>` */
  readonly uri: string;
  /** Path of the unix socket, when started with `unixSocket`. */
  readonly socketPath: string;
  /** The data folder. */
  readonly folder: string;
  /** Changes with `restart`. */
  readonly pid: number;
  /** SIGTERM; waits for the end and removes the folder. Can be repeated. */
  stop(): Promise<void>;
  /** SIGKILL; waits for the end. The folder stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port. If it still runs, it is killed first. `empty` removes its data. */
  restart(options?: { readonly empty?: boolean }): Promise<void>;
  /** SIGSTOP */
  pause(): void;
  /** SIGCONT */
  resume(): void;
  /** Runs `redis-cli` against it; resolves to its output without the last newline. */
  cli(...args: string[]): Promise<string>;
}

export interface RedisServerOptions {
  /** Keeps the data across restarts. Default `false`: nothing is written to disk. */
  readonly appendOnly?: boolean;
  /** Also listens on a unix socket. */
  readonly unixSocket?: boolean;
  /** More arguments of `redis-server`, such as `["--requirepass", "secret"]`. */
  readonly args?: readonly string[];
}

export const REDIS_INSTALL = "apt-get install redis-server";
const ATTEMPTS = 5;

/** Starts a new Redis server on a free loopback port, in a temporary folder; resolves when it answers. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await temporaryFolder("redis");
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      const child = await startProcess(port, folder, options);
      return redisServer(port, folder, options, child);
    } catch (error) {
      // Another process may have taken the port meanwhile.
      if (attempt < ATTEMPTS && String(error).includes("Address already in use")) continue;
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

function redisServer(
  port: number,
  folder: string,
  options: RedisServerOptions,
  firstChild: RunningProcess,
): RedisServer {
  let child = firstChild;
  return {
    host: "127.0.0.1",
    port,
    uri: `redis://127.0.0.1:${port}`,
    socketPath: join(folder, "redis.sock"),
    folder,
    get pid() {
      return child.pid;
    },
    async stop() {
      if (!child.hasEnded) await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
    kill: () => child.kill(),
    async restart({ empty = false } = {}) {
      if (!child.hasEnded) await child.kill();
      if (empty) await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      child = await startProcess(port, folder, options);
    },
    pause: () => child.pause(),
    resume: () => child.resume(),
    cli: (...args) => redisCli(port, ...args),
  };
}

async function startProcess(port: number, folder: string, options: RedisServerOptions): Promise<RunningProcess> {
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--daemonize", "no"];
  args.push("--appendonly", options.appendOnly ? "yes" : "no");
  if (options.unixSocket) args.push("--unixsocket", join(folder, "redis.sock"));
  args.push(...(options.args ?? []));
  const child = await runProcess("redis-server", args, { install: REDIS_INSTALL, cwd: folder });
  await waitForRedis(port, child);
  return child;
}

/** Resolves when the server answers commands. Rejects with its output if it has ended. */
export async function waitForRedis(port: number, child: RunningProcess): Promise<void> {
  const answering = waitFor(`redis-server on port ${port}`, async () => child.hasEnded || (await answersPing(port)));
  await answering;
  if (child.hasEnded) throw new Error(`redis-server did not start: ${await child.ended}\n${child.output()}`);
}

/** A server that demands a password is up; one that is still loading its data is not. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => finish(false));
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (reply) => finish(/^(\+PONG|-NOAUTH|-NOPERM)/.test(reply.toString())));
    socket.once("error", () => finish(false));
  });
}

/** Runs `redis-cli` against a loopback port; resolves to its output without the last newline. */
export async function redisCli(port: number, ...args: string[]): Promise<string> {
  const output = await runToEnd("redis-cli", ["-p", String(port), ...args], { install: "apt-get install redis-tools" });
  return output.replace(/\n$/, "");
}
