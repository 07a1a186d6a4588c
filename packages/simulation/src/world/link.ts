import type { Random } from "../base/random.js";
import type { Timeline } from "../base/timeline.js";
import type { Process } from "./machine.js";
import type { Server } from "./server.js";

/** What becomes of one command, or of its answer. */
export type CommandFault =
  /** It never arrives. */
  | "lost request"
  /** It is carried out, and its answer never arrives. */
  | "lost reply"
  /** It arrives late, maybe after the caller has given it up. */
  | "late request"
  /** It is carried out at once, and its answer arrives late. */
  | "late reply";

export interface PendingFault {
  readonly fault: CommandFault;
  /** How late, in ms. */
  readonly byMs: number;
  /** A loss shows at once as a broken connection. Otherwise the caller hears nothing. */
  readonly isTold: boolean;
}

/** A fault that waits longer than this for a command is forgotten, so that it does not disturb a quiet time. */
export const PENDING_MS = 2_000;

/** The way of one process to one server and back. All delays and losses happen here. */
export class Link {
  readonly process: Process;
  readonly server: Server;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #makeError: (why: string) => Error;
  readonly #onFault: (fault: CommandFault, command: string) => void;
  readonly #pending: (PendingFault & { readonly until: number; passes: number })[] = [];
  #cutUntil = 0;
  #slowUntil = 0;
  #slowByMs = 0;

  constructor(
    process: Process,
    server: Server,
    {
      random,
      makeError,
      onFault,
    }: {
      readonly random: Random;
      /** The error of a command that was not answered. */
      readonly makeError: (why: string) => Error;
      readonly onFault: (fault: CommandFault, command: string) => void;
    },
  ) {
    this.process = process;
    this.server = server;
    this.#timeline = server.timeline;
    this.#random = random;
    this.#makeError = makeError;
    this.#onFault = onFault;
  }

  /** The next command meets this fault, if it comes within `PENDING_MS`; `passes`: so many others come before it. */
  disturb(fault: PendingFault, passes = 0): void {
    this.#pending.push({ ...fault, until: this.#timeline.nowMs + PENDING_MS, passes });
  }

  #takeFault(): PendingFault | undefined {
    const fault = this.#pending[0];
    if (fault === undefined) return undefined;
    const isOver = fault.until < this.#timeline.nowMs;
    if (!isOver && fault.passes-- > 0) return undefined;
    this.#pending.shift();
    return isOver ? this.#takeFault() : fault;
  }

  /** Nothing gets through in either direction for so long. */
  cut(forMs: number): void {
    this.#cutUntil = Math.max(this.#cutUntil, this.#timeline.nowMs + forMs);
  }

  /** Each command takes up to so much longer in each direction. */
  slowDown(forMs: number, byMs: number): void {
    this.#slowUntil = this.#timeline.nowMs + forMs;
    this.#slowByMs = byMs;
  }

  get isCut(): boolean {
    return this.#timeline.nowMs < this.#cutUntil;
  }

  /** Sends a command. `work` is what the server does when it arrives; what it throws is the answer, too. */
  call<T>(command: string, work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const fault = this.#takeFault();
      if (fault) this.#onFault(fault.fault, command);
      const refuse = (why: string): void => this.#answer(() => reject(this.#makeError(`${command}: ${why}`)), 0);
      if (this.isCut) return;
      if (fault?.fault === "lost request") {
        if (fault.isTold) refuse("the connection broke");
        return;
      }
      const arrive = (): void => {
        if (this.server.isDown) return refuse("connection refused");
        const life = this.server.life;
        const { stuckUntil } = this.server;
        if (stuckUntil > this.#timeline.nowMs) {
          this.#timeline.at(stuckUntil, () => (this.server.life === life ? arrive() : refuse("the connection broke")));
          return;
        }
        const settle = carryOut(work, resolve, reject);
        if (fault?.fault === "lost reply") {
          if (fault.isTold) refuse("the connection broke");
        } else this.#answer(settle, fault?.fault === "late reply" ? fault.byMs : 0);
      };
      this.#timeline.after(this.#travelMs() + (fault?.fault === "late request" ? fault.byMs : 0), arrive);
    });
  }

  #answer(settle: () => void, lateMs: number): void {
    this.#timeline.after(this.#travelMs() + lateMs, () => {
      if (!this.isCut) this.process.run(settle);
    });
  }

  #travelMs(): number {
    const slowMs = this.#timeline.nowMs < this.#slowUntil ? this.#slowByMs : 0;
    return 0.2 + (0.8 + slowMs) * this.#random.next();
  }
}

function carryOut<T>(work: () => T, resolve: (value: T) => void, reject: (error: Error) => void): () => void {
  try {
    const value = work();
    return () => resolve(value);
  } catch (error) {
    return () => reject(error as Error);
  }
}
