import { Worker } from "node:worker_threads";

const PROGRAM = `
const { writeSync } = require("node:fs");
const { parentPort } = require("node:worker_threads");
let timer;
parentPort.on("message", (what) => {
  clearTimeout(timer);
  timer = setTimeout(() => writeSync(2, "still at work after a minute: " + what + "\\n"), 60_000);
  timer.unref();
});
`;

/** Another thread that says what is being played if that takes more than a minute: an endless loop cannot say it. */
export class HangWatch {
  readonly #worker = new Worker(PROGRAM, { eval: true });

  playing(what: string): void {
    this.#worker.postMessage(what);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
