import { connect } from "node:net";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { runProcess, runToEnd, temporaryFolder, waitFor } from "./run-process.js";
import type { RunningProcess } from "./run-process.js";

export interface MemcachedServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** `memcached://127.0.0.1:<port>` */
  readonly uri: string;
  /** Changes with `restart`. */
  readonly pid: number;
  /** SIGKILL, since there is nothing to save; waits for the end and removes the folder. Can be repeated. */
  stop(): Promise<void>;
  /** SIGKILL; waits for the end. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. If it still runs, it is killed first. */
  restart(): Promise<void>;
  /** SIGSTOP */
  pause(): void;
  /** SIGCONT */
  resume(): void;
  /** Sends one line of the text protocol over a new connection and returns the first line of the reply. */
  say(line: string): Promise<string>;
}

export interface MemcachedServerOptions {
  /** More arguments of `memcached`, such as `["-m", "8"]`. */
  readonly args?: readonly string[];
  /** Requires this user (SASL), which allows only the binary protocol. */
  readonly sasl?: { readonly username: string; readonly password: string };
}

export const MEMCACHED_INSTALL = "apt-get install memcached";
const SASL_INSTALL = "apt-get install sasl2-bin libsasl2-modules";
const ATTEMPTS = 5;

/** Starts a new memcached server on a free loopback port; resolves when it accepts connections. */
export async function startMemcached(options: MemcachedServerOptions = {}): Promise<MemcachedServer> {
  const folder = await temporaryFolder("memcached");
  const start = await preparedStart(folder, options);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return memcachedServer(port, folder, start, await start(port));
    } catch (error) {
      // Another process may have taken the port meanwhile.
      if (attempt < ATTEMPTS && String(error).includes("Address already in use")) continue;
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

type Start = (port: number) => Promise<RunningProcess>;

function memcachedServer(port: number, folder: string, start: Start, firstChild: RunningProcess): MemcachedServer {
  let child = firstChild;
  return {
    host: "127.0.0.1",
    port,
    uri: `memcached://127.0.0.1:${port}`,
    get pid() {
      return child.pid;
    },
    async stop() {
      if (!child.hasEnded) await child.kill();
      await rm(folder, { recursive: true, force: true });
    },
    kill: () => child.kill(),
    async restart() {
      if (!child.hasEnded) await child.kill();
      child = await start(port);
    },
    pause: () => child.pause(),
    resume: () => child.resume(),
    say: (line) => sayTo(port, line),
  };
}

async function preparedStart(folder: string, { args = [], sasl }: MemcachedServerOptions): Promise<Start> {
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const env = sasl ? await prepareSasl(folder, sasl) : {};
  return async (port) => {
    const fixed = ["-l", "127.0.0.1", "-p", String(port), "-U", "0", "-t", "2", ...user, ...(sasl ? ["-S"] : [])];
    const options = { install: MEMCACHED_INSTALL, cwd: folder, env: { ...process.env, ...env } };
    const child = await runProcess("memcached", [...fixed, ...args], options);
    await waitFor(`memcached on port ${port}`, async () => child.hasEnded || (await isListening(port)));
    if (child.hasEnded) throw new Error(`memcached did not start: ${await child.ended}\n${child.output()}`);
    return child;
  };
}

/** Creates a user database and the configuration that points to it. */
async function prepareSasl(
  folder: string,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<NodeJS.ProcessEnv> {
  const database = join(folder, "sasldb");
  await writeFile(
    join(folder, "memcached.conf"),
    `mech_list: plain\npwcheck_method: auxprop\nsasldb_path: ${database}\n`,
  );
  const script =
    'printf %s "$2" | /usr/sbin/saslpasswd2 -p -c -a memcached -f "$1" -u "$(hostname)" "$3" && chmod 644 "$1" && chmod 755 "$4"';
  await runToEnd("sh", ["-c", script, "sh", database, password, username, folder], { install: SASL_INSTALL });
  return { SASL_CONF_PATH: folder };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function sayTo(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`${line}\r\n`));
    let reply = "";
    socket.on("data", (chunk) => {
      reply += chunk.toString();
      if (!reply.includes("\r\n")) return;
      socket.destroy();
      resolve(reply.slice(0, reply.indexOf("\r\n")));
    });
    socket.once("error", reject);
  });
}
