import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../bin/beatx.js", import.meta.url));
const BUILT = fileURLToPath(new URL("../dist/main.js", import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command in a process of its own. */
export class BeatxProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #stdout = "";
  #stderr = "";

  constructor(cwd: string, args: readonly string[]) {
    if (!existsSync(BUILT)) throw new Error(`${BUILT} is missing: run \`npm run build\` before the integration tests`);
    // The developer's shell must not change what is tested.
    const { BEATX_STORE: _store, BEATX_PUBLISHER: _publisher, ...env } = process.env;
    this.#child = spawn(process.execPath, [COMMAND, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#stdout += chunk.toString();
      for (const look of this.#waiting) look();
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.#child.once("close", (exitCode) => {
        resolve({ exitCode, stdout: this.#stdout, stderr: this.#stderr });
        for (const look of this.#waiting) look();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves to stdout once it contains the text; rejects if the process ends before. */
  until(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.#stdout.includes(text)) resolve(this.#stdout);
        else if (this.#child.exitCode === null && this.#child.signalCode === null) return void this.#waiting.add(look);
        else reject(new Error(`it ended before it printed "${text}":\n${this.#stdout}${this.#stderr}`));
        this.#waiting.delete(look);
      };
      look();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Closes its output, as `| head` does. */
  stopReading(): void {
    this.#child.stdout?.destroy();
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}

/** Runs a command to its end. */
export function runBeatx(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return new BeatxProcess(cwd, args).ended;
}
