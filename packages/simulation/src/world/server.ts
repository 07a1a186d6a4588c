import type { Timeline } from "../base/timeline.js";

/** Whether a server takes commands. What it keeps is elsewhere. */
export class Server {
  readonly name: string;
  readonly timeline: Timeline;
  #downUntil = 0;
  #stuckUntil = 0;
  /** Rises when the process ends: connections do not outlive it. */
  #life = 0;

  constructor(name: string, timeline: Timeline) {
    this.name = name;
    this.timeline = timeline;
  }

  get isDown(): boolean {
    return this.timeline.nowMs < this.#downUntil;
  }

  /** Commands wait until then, ms since the beginning; in the past: they do not wait. */
  get stuckUntil(): number {
    return this.#stuckUntil;
  }

  get life(): number {
    return this.#life;
  }

  /** Refuses connections for so long. Commands that wait are lost. */
  goDown(forMs: number): void {
    this.#life++;
    this.#downUntil = Math.max(this.#downUntil, this.timeline.nowMs + forMs);
    this.#stuckUntil = 0;
  }

  /** Takes commands, and carries them out only afterwards. */
  getStuck(forMs: number): void {
    this.#stuckUntil = Math.max(this.#stuckUntil, this.timeline.nowMs + forMs);
  }
}
