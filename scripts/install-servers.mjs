/**
 * Checks that the servers for the integration and end-to-end tests are installed. It starts none of them: the tests do, on
 * free loopback ports.
 *
 *     node scripts/install-servers.mjs      # as root on Debian or Ubuntu, installs the missing ones
 *
 * Uses only Node built-ins, so that it runs before any install. CI runs it alone, with sudo.
 */

import { existsSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { orUsage, readCommandLine } from "../packages/test-servers/command-line/command-line.mjs";
import { runCommand } from "./run-command.mjs";

/** A server is installed if `check` ends with exit code 0. To add a server, add an entry. */
const servers = [
  {
    name: "Redis",
    check: ["redis-server", "--version"],
    apt: ["redis-server"],
    neededBy: "shared-redis, store-redis, publisher-celery, publisher-bullmq, e2e",
  },
  {
    name: "OpenSSL",
    check: ["openssl", "version"],
    apt: ["openssl"],
    neededBy: "store-redis, publisher-celery",
  },
  {
    name: "Celery",
    check: ["/usr/bin/python3", "-c", "import celery, redis"],
    apt: ["python3-celery", "python3-redis"],
    neededBy: "publisher-celery, e2e",
  },
  {
    name: "RabbitMQ",
    check: ["test", "-x", "/usr/lib/rabbitmq/bin/rabbitmq-server"],
    apt: ["rabbitmq-server"],
    neededBy: "publisher-celery",
  },
  {
    name: "memcached",
    check: ["sh", "-c", "memcached --version && test -x /usr/sbin/saslpasswd2"],
    apt: ["memcached", "sasl2-bin", "libsasl2-modules"],
    neededBy: "store-memcached, store-memjs, chaos",
  },
  {
    name: "libfaketime",
    check: ["sh", "-c", "ls /usr/lib/*/faketime/libfaketime.so.1"],
    apt: ["libfaketime"],
    neededBy: "chaos",
  },
  {
    name: "zsh, fish",
    check: ["sh", "-c", "command -v zsh && command -v fish && command -v script"],
    apt: ["zsh", "fish", "bsdutils"],
    neededBy: "cli",
  },
];

/**
 * Installs missing servers if it can (as root, with apt-get). Resolves to `undefined` when all are installed, or to a text
 * that lists the missing ones, the tests that need them, and how to install them.
 *
 * @returns {Promise<string | undefined>}
 */
export async function installServers() {
  const missing = await findMissing();
  if (missing.length === 0) return undefined;
  if (await canInstall()) {
    const failure = await aptInstall(missing.flatMap((server) => server.apt));
    if (failure) return failure;
    const still = await findMissing();
    return still.length === 0 ? undefined : describe(still);
  }
  return describe(missing);
}

async function findMissing() {
  const checks = servers.map(async (server) => ({ server, ...(await runCommand(server.check, { capture: true })) }));
  return (await Promise.all(checks)).filter(({ exitCode }) => exitCode !== 0).map(({ server }) => server);
}

async function canInstall() {
  return process.getuid?.() === 0 && (await runCommand(["apt-get", "--version"], { capture: true })).exitCode === 0;
}

async function aptInstall(packages) {
  // Another apt-get, such as unattended upgrades, may hold the lock for a while.
  const aptGet = ["apt-get", "--quiet", "--option", "DPkg::Lock::Timeout=300"];
  console.log(`installing ${packages.join(" ")} (apt-get)`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const update = await runCommand([...aptGet, "update"], { capture: true, env });
  const install = await withoutStartingServices(() =>
    runCommand([...aptGet, "install", "--yes", "--no-install-recommends", ...packages], { capture: true, env }),
  );
  if (install.exitCode === 0) return undefined;
  return `${update.output}${install.output}apt-get install ${packages.join(" ")} ended with exit code ${install.exitCode}`;
}

/** Debian starts a server on installation unless this file forbids it. Tests must not leave a Redis on port 6379 behind. */
async function withoutStartingServices(install) {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return install();
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    return await install();
  } finally {
    rmSync(policy, { force: true });
  }
}

function describe(missing) {
  const lines = missing.map(
    ({ name, neededBy, apt }) => `  ${name} (tests of ${neededBy}): apt-get install ${apt.join(" ")}`,
  );
  const all = missing.flatMap((server) => server.apt).join(" ");
  return `the tests need servers that are not installed:\n${lines.join("\n")}\non Debian and Ubuntu: sudo apt-get install ${all}`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  orUsage(() => readCommandLine(process.argv.slice(2), { usage: "node scripts/install-servers.mjs" }));
  const problem = await installServers();
  console.log(problem ?? "all servers for the tests are installed");
  process.exitCode = problem ? 1 : 0;
}
