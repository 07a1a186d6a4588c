import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./node.mjs", import.meta.url));
const BUILT = ["../dist/index.js", "../../store-memcached/dist/index.js"].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);

/** Runs `node.mjs`. Resolves when it has printed its line. */
export async function startNode(
  what: "close" | "write",
  client: string,
  port: number,
  more = "",
): Promise<ChildProcessByStdio<null, Readable, null>> {
  for (const file of BUILT) {
    if (!existsSync(file)) throw new Error(`${file} is missing: run \`npm run build\` before the integration tests`);
  }
  // Without a PATH there is no `ping`, so a client that tries to run it ends with an unhandled error.
  const child = spawn(process.execPath, ["--unhandled-rejections=strict", PROGRAM, what, client, String(port), more], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: "" },
  });
  const exit = once(child, "exit").then(([code]) => {
    throw new Error(`node.mjs ended with exit code ${String(code)} before it was ready`);
  });
  exit.catch(() => undefined);
  await Promise.race([once(child.stdout, "data"), exit]);
  return child;
}

/** SIGKILL; resolves when the process is gone. Repeatable. */
export async function killNode(child: ChildProcessByStdio<null, Readable, null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
