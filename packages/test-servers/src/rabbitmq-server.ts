import { mkdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { runProcess, runToEnd, temporaryFolder, waitFor } from "./run-process.js";
import type { RunningProcess } from "./run-process.js";

export interface RabbitServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** `amqp://guest:guest@127.0.0.1:<port>//`, with the virtual host `/` as Celery writes it. */
  readonly uri: string;
  /** Changes with `restart`. */
  readonly pid: number;
  /** The end of its log. */
  log(): string;
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
  /** Runs `rabbitmqctl` against it, which takes a second or two; resolves to its output without the last newline. */
  ctl(...args: string[]): Promise<string>;
}

/** The real programs. Those on the PATH are wrappers that change to another user or refuse to run. */
const PROGRAMS = "/usr/lib/rabbitmq/bin";
const INSTALL = "apt-get install rabbitmq-server";
const ATTEMPTS = 5;
const BOOT_TIMEOUT_MS = 180_000;

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly epmd: RunningProcess;
}

/**
 * Starts a new RabbitMQ broker without plugins, on free loopback ports and in a temporary folder. Resolves when it accepts
 * connections, which takes some seconds. User and password are `guest`.
 */
export async function startRabbit(): Promise<RabbitServer> {
  for (let attempt = 1; ; attempt += 1) {
    const place = await makePlace();
    try {
      return rabbitServer(place, await startBroker(place));
    } catch (error) {
      await leave(place);
      // Another process may have taken one of the ports meanwhile.
      if (attempt < ATTEMPTS && /eaddrinuse|in use/i.test(String(error))) continue;
      throw error;
    }
  }
}

function rabbitServer(place: Place, firstBroker: RunningProcess): RabbitServer {
  const { folder, port, env } = place;
  let broker = firstBroker;
  return {
    host: "127.0.0.1",
    port,
    uri: `amqp://guest:guest@127.0.0.1:${port}//`,
    get pid() {
      return broker.pid;
    },
    log: () => broker.output(),
    async stop() {
      if (!broker.hasEnded) await broker.stop();
      await leave(place);
    },
    kill: () => broker.kill(),
    async restart({ empty = false } = {}) {
      if (!broker.hasEnded) await broker.kill();
      if (empty) await rm(join(folder, "data"), { recursive: true, force: true });
      broker = await startBroker(place);
    },
    pause: () => broker.pause(),
    resume: () => broker.resume(),
    async ctl(...args) {
      const output = await runToEnd(join(PROGRAMS, "rabbitmqctl"), ["--quiet", ...args], { install: INSTALL, env });
      return output.replace(/\n$/, "");
    },
  };
}

/** Prepares the folder, the ports and a private name server for Erlang nodes, which ends with the broker. */
async function makePlace(): Promise<Place> {
  const folder = await temporaryFolder("rabbitmq");
  const [port, distributionPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
  await Promise.all(["data", "home"].map((name) => mkdir(join(folder, name))));
  // No limits that depend on the machine, and a log on stdout only.
  const settings = [
    "log.file = false",
    "log.console = true",
    "log.console.level = info",
    "disk_free_limit.absolute = 1MB",
  ];
  await writeFile(join(folder, "rabbitmq.conf"), `${settings.join("\n")}\n`);
  await writeFile(join(folder, "enabled_plugins"), "[].\n");
  const env = {
    PATH: process.env["PATH"],
    LANG: "C.UTF-8",
    HOME: join(folder, "home"),
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_NODENAME: `beatx-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, "advanced.config"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_MNESIA_BASE: join(folder, "data"),
    RABBITMQ_LOG_BASE: join(folder, "data"),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, "data"),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
    // Starts the broker itself instead of a shell around it, so that signals reach it.
    RUNNING_UNDER_SYSTEMD: "true",
  };
  const epmd = await runProcess("epmd", [], { install: INSTALL, env });
  return { folder, port, env, epmd };
}

async function leave({ epmd, folder }: Place): Promise<void> {
  if (!epmd.hasEnded) await epmd.kill();
  await rm(folder, { recursive: true, force: true });
}

async function startBroker({ port, env, folder }: Place): Promise<RunningProcess> {
  const broker = await runProcess(join(PROGRAMS, "rabbitmq-server"), [], { install: INSTALL, env, cwd: folder });
  const answering = async (): Promise<boolean> => broker.hasEnded || (await answersAmqp(port));
  await waitFor(`RabbitMQ on port ${port}`, answering, BOOT_TIMEOUT_MS).catch(async (error: unknown) => {
    await broker.kill();
    throw error;
  });
  if (broker.hasEnded) throw new Error(`RabbitMQ did not start: ${await broker.ended}\n${broker.output()}`);
  return broker;
}

/** Whether the broker is up: it answers the protocol header with a method frame. */
function answersAmqp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => finish(false));
    socket.once("connect", () => socket.write("AMQP\0\0\x09\x01"));
    socket.once("data", (reply) => finish(reply[0] === 1));
    socket.once("error", () => finish(false));
  });
}
