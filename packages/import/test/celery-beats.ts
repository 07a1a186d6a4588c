import { redisCli, type RunningProcess, runProcess, waitFor } from "@beatx/test-servers";

import { MOVING, type TestPython } from "./celery-python.js";

/** What an original beat needs to run. */
export interface OriginalBeat {
  /** The module with its application. */
  readonly app: string;
  /** Options of `celery beat`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const INSTALL = "apt-get install python3-celery python3-redis";

/** Starts a real `celery beat`. */
export function startOriginal({ program }: TestPython, { app, args, env }: OriginalBeat): Promise<RunningProcess> {
  const options = ["--pidfile=", "--max-interval", "1", "--loglevel", "INFO"];
  return runProcess(program, ["-B", "-m", "celery", "-A", app, "beat", ...options, ...args], {
    install: INSTALL,
    cwd: MOVING,
    env: { ...process.env, ...env, PYTHONUNBUFFERED: "1" },
  });
}

/** A message in the queue, oldest first. */
export interface Sent {
  readonly task: string;
  /** Epoch ms of its occurrence; `null`: the original has sent it. */
  readonly scheduledAt: number | null;
  readonly args: readonly unknown[];
}

/** All messages that have come to the queue, which nobody reads. */
export async function sentTo(port: number, queue: string): Promise<Sent[]> {
  const output = await redisCli(port, "LRANGE", queue, "0", "-1");
  const lines = output.split("\n").filter((line) => line !== "");
  return lines.reverse().map((line) => {
    const { headers, body } = JSON.parse(line) as { headers: Record<string, string>; body: string };
    const at = headers["beatx-scheduled-at"];
    const [args] = JSON.parse(body.startsWith("[") ? body : Buffer.from(body, "base64").toString()) as [unknown[]];
    return { task: headers["task"]!, scheduledAt: at === undefined ? null : Date.parse(at), args };
  });
}

/** Waits until the queue has so many messages of the task, from the original or from beatx. */
export async function waitForSent(
  port: number,
  { task, count, by }: { readonly task: string; readonly count: number; readonly by: "original" | "beatx" },
): Promise<void> {
  await waitFor(`${count} messages of ${task} by ${by}`, async () => {
    const sent = await sentTo(port, "q");
    return (
      sent.filter((each) => each.task === task && (each.scheduledAt === null) === (by === "original")).length >= count
    );
  });
}
