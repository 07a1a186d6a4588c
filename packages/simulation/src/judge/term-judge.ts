import type { Process } from "../world/machine.js";
import type { Circumstances } from "./judge-base.js";

/** Endings after which the lock is not released at once: there was none, or the node that stops releases it later. */
const WITHOUT_RELEASE = ["joined", "stopped"];

/**
 * Judges how a term ends: not because of one lost command (R8, R9), with the release of the lock (R10), and so that its token
 * is never used again (R1).
 */
export class TermJudge {
  readonly #world: Circumstances;
  readonly #unreleased = new Set<Process>();
  /** Of the present or last term of each process. */
  readonly #tokens = new WeakMap<Process, string>();
  readonly #endedTokens = new Set<string>();
  /** When the last two commands met a fault, ms since the beginning. */
  #commandFaultsAt: readonly [number, number] = [-Infinity, -Infinity];

  constructor(world: Circumstances) {
    this.#world = world;
  }

  /** A command is lost or late, now. */
  onCommandFault(): void {
    this.#commandFaultsAt = [this.#commandFaultsAt[1], this.#world.nowMs];
  }

  /** A process asks for the lease. */
  onRequest(process: Process, token: string): void {
    if (!this.#endedTokens.has(token)) return;
    this.#world.violate("R1", `${process.machine.name} asks for the lease with the token of a term that has ended`);
  }

  /** It has got the lease. */
  onBegin(process: Process, token: string): void {
    this.#tokens.set(process, token);
  }

  /** A process asks to release its lock. */
  onRelease(process: Process): void {
    this.#unreleased.delete(process);
  }

  /** A term has ended. `reason`: as the node says it. */
  onEnd(process: Process, reason: string): void {
    this.#judgeReason(process.machine.name, reason);
    const token = this.#tokens.get(process);
    if (token !== undefined) this.#endedTokens.add(token);
    if (WITHOUT_RELEASE.includes(reason)) return;
    this.#unreleased.add(process);
    this.#world.timeline.after(0, () => {
      if (!this.#unreleased.delete(process)) return;
      this.#world.violate("R10", `${process.machine.name} did not release the lock when its term ended (${reason})`);
    });
  }

  #judgeReason(name: string, reason: string): void {
    if (reason !== "no renewal in time" && reason !== "no progress") return;
    const { nowMs, disturbedUntil, world } = this.#world;
    const windowMs = Math.max(2 * world.lockTtlMs, 3 * world.publishTimeoutMs) + world.lockTtlMs;
    const [older] = this.#commandFaultsAt;
    if (Math.max(older, disturbedUntil) > nowMs - windowMs) return;
    const rule = reason === "no progress" ? "R9" : "R8";
    this.#world.violate(rule, `the term of ${name} ended (${reason}), although at most one command had failed`);
  }
}
