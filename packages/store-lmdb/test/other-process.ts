import { type ChildProcess, fork, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Store } from "@beatx/core";

const BUILT = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const PROGRAM = fileURLToPath(new URL("./node.mjs", import.meta.url));

type Command = "acquireLock" | "getRevision" | "releaseLock" | "setSchedule";

interface Message {
  readonly id?: number;
  readonly answer?: unknown;
  readonly error?: string;
  readonly event?: string;
}

/** A node in another process, on the built package. */
export class OtherProcess {
  readonly #child: ChildProcess;
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.setMaxListeners(0);
  }

  static async start(folder: string, namespace: string): Promise<OtherProcess> {
    if (!existsSync(BUILT)) throw new Error(`${BUILT} is missing: run \`npm run build\` before the integration tests`);
    const stdio: StdioOptions = ["ignore", "pipe", "inherit", "ipc"];
    const child = fork(PROGRAM, [folder, namespace], { stdio, execArgv: [] }); // not the test runner's arguments
    const started = new OtherProcess(child);
    await started.event("ready");
    return started;
  }

  /** Carries out a store command there. */
  async call<Name extends Command>(
    method: Name,
    ...args: Parameters<Store[Name]>
  ): Promise<Awaited<ReturnType<Store[Name]>>> {
    return (await this.ask(method, args)) as Awaited<ReturnType<Store[Name]>>;
  }

  /** Carries out a command of `node.mjs` there, and waits for its answer. */
  async ask(method: string, args: readonly unknown[] = []): Promise<unknown> {
    const id = this.send(method, args);
    const { answer, error } = await this.#messageWhere((message) => message.id === id);
    if (error !== undefined) throw new Error(error);
    return answer;
  }

  /** Starts an endless command there; returns its number. */
  send(method: string, args: readonly unknown[] = []): number {
    this.#lastId += 1;
    this.#child.send({ id: this.#lastId, method, args });
    return this.#lastId;
  }

  async event(name: string): Promise<void> {
    await this.#messageWhere((message) => message.event === name);
  }

  /** The next output of the process. */
  async output(): Promise<string> {
    const [bytes] = (await once(this.#child.stdout!, "data")) as [Buffer];
    return bytes.toString();
  }

  /** SIGKILL; resolves when the process has ended. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }

  /** Rejects if the process ends before it sends such a message. */
  #messageWhere(isMeant: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve, reject) => {
      const endWith = (action: () => void): void => {
        this.#child.off("message", onMessage).off("exit", onExit);
        action();
      };
      const onMessage = (message: Message): void => {
        if (isMeant(message)) endWith(() => resolve(message));
      };
      const onExit = (): void => endWith(() => reject(new Error("the other process ended before it answered")));
      this.#child.on("message", onMessage).on("exit", onExit);
    });
  }
}
