import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BeatxProcess } from "./run-beatx.js";

const COMMAND = fileURLToPath(new URL("../bin/beatx.js", import.meta.url));

/** How each shell starts without the settings of its user, and loads the script. */
const SHELLS: readonly (readonly [shell: string, start: string, load: string])[] = [
  ["bash", "bash --norc --noprofile -i", "source ./script"],
  ["zsh", "zsh -f -i", "source ./script"],
  ["fish", "fish --no-config -i", "source ./script"],
];

/** What is typed, `\t` for the Tab key, and the names that the command is about then. */
const LINES: readonly (readonly [typed: string, names: readonly string[]])[] = [
  ["beatx pau\tmail:d\t", ["mail:daily"]],
  ["beatx pause mail\\ w\t", ["mail weekly"]],
  ["beatx pause 'mail w\t", ["mail weekly"]],
  ["beatx pause it\t", ["it's $HOME"]],
  ["beatx pause --tag=rep\t", ["mail weekly", "mail:daily"]],
  ["beatx pause --tag rep\t", ["mail weekly", "mail:daily"]],
  ["beatx pause --al\t", ["it's $HOME", "mail weekly", "mail:daily"]],
  ["beatx show mail:daily --config bea\t", ["mail:daily"]],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "beatx-completion-"));
  const config = { store: "lmdb:./store", schedule: { unused: { task: "t", schedule: "1h" } } };
  await writeFile(join(folder, "beat.config.json"), JSON.stringify(config));
  await mkdir(join(folder, "bin"));
  const start = `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`;
  await writeFile(join(folder, "bin", "beatx"), start, { mode: 0o755 });
  for (const name of ["mail:daily", "mail weekly", "it's $HOME"]) {
    const tags = name.startsWith("mail") ? ["--tag", "reports"] : [];
    await beatx("add", name, "--task", "t", "--schedule", "1h", ...tags);
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function beatx(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await new BeatxProcess(folder, args).ended;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

/** A shell on a terminal of its own. */
class Terminal {
  readonly #child: ChildProcess;
  shown = "";
  #error: Error | undefined;

  constructor(start: string) {
    const { BEATX_STORE: _store, BEATX_PUBLISHER: _publisher, ...env } = process.env;
    const path = `${join(folder, "bin")}:${process.env["PATH"]}`;
    this.#child = spawn("script", ["-qec", start, "/dev/null"], {
      cwd: folder,
      env: { ...env, PATH: path, HOME: folder, TERM: "xterm" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.once("error", (error) => (this.#error = error));
    this.#child.stdout!.on("data", (chunk: Buffer) => (this.shown += chunk.toString()));
  }

  /** Types the line, and again if the shell was not ready for it, until the file holds JSON. */
  async typeUntil(line: string, file: string, againAfterMs: number): Promise<unknown> {
    for (let waited = 0; ; waited += 50) {
      if (this.#error ?? this.#child.exitCode !== null) throw new Error(`the shell has ended: ${this.shown}`);
      if (waited % againAfterMs === 0) this.#child.stdin!.write(line);
      const text = await readFile(join(folder, file), "utf8").catch(() => "");
      if (text.trimEnd() !== "") {
        try {
          return JSON.parse(text);
        } catch {
          // It is not complete yet.
        }
      }
      await sleep(50);
    }
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}

it.each(SHELLS)("a line typed in %s is completed by commands, flags, names and tags", async (shell, start, load) => {
  await writeFile(join(folder, "script"), await beatx("completion", shell));
  const terminal = new Terminal(start);
  try {
    await terminal.typeUntil(`${load}; echo 1 > ${shell}-ready\n`, `${shell}-ready`, 3_000);
    for (const [index, [typed, names]] of LINES.entries()) {
      const file = `${shell}-${index}.json`;
      const answer = await terminal.typeUntil(`${typed} --json > ${file}\n`, file, Infinity);
      const found = [answer].flat() as readonly { readonly name?: string; readonly entry?: unknown }[];
      expect(
        found.map(({ name, entry }) => name ?? entry),
        `${typed}: ${terminal.shown}`,
      ).toEqual(names);
    }
  } finally {
    terminal.end();
  }
});
