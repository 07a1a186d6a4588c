// @ts-check
/** The state of the demo, which both views show. */

import { systemClock } from "@beatx/core";
import { schedule } from "./schedule.mjs";

/**
 * @typedef {{ name: string, pid: number, role: "starting" | "LEADER" | "standby" | "KILLED" | "stopped", note: string, sent: number }} NodeState
 * @typedef {{ node: string, isCaughtUp: boolean }} Mark
 * @typedef {{ name: string, rule: import("@beatx/core").Schedule, marks: Map<number, Mark>, last: string }} EntryState
 * @typedef {{ changed(show: Show): void, line(text: string): void, published(text: string): void, end(show: Show): void }} View
 */

/** An occurrence later than this was missed first and sent after a take-over. */
const CAUGHT_UP_AFTER_MS = 500;
/** An occurrence younger than this may have been sent but not reported yet. */
const ON_TIME_MS = 200;

export class Show {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    this.startedAtMs = systemClock.monotonicMs();
    /** @type {Map<string, NodeState>} */
    this.nodes = new Map();
    /** @type {Map<string, EntryState>} */
    this.entries = new Map();
    for (const [name, { schedule: rule }] of Object.entries(schedule)) {
      this.entries.set(name, { name, rule, marks: new Map(), last: "not yet due" });
    }
    /** @type {string[]} */
    this.log = [];
    this.refused = 0;
    /** Epoch ms of the first message. Every entry is stored by then. */
    this.firstMessageAt = Infinity;
  }

  get elapsed() {
    return formatSeconds(systemClock.monotonicMs() - this.startedAtMs);
  }

  get isLed() {
    return [...this.nodes.values()].some(({ role }) => role === "LEADER");
  }

  /** Whether no node is left. */
  get hasEnded() {
    return [...this.nodes.values()].every(({ role }) => role === "KILLED" || role === "stopped");
  }

  /**
   * One mark per occurrence since the entry's first one; `null` if it is due but not sent yet.
   *
   * @param {EntryState} entry
   * @returns {(Mark | null)[]}
   */
  marksOf({ rule, marks }) {
    if (marks.size === 0) return [];
    const instants = [...marks.keys()];
    const until = this.hasEnded ? Math.max(...instants) : systemClock.now() - ON_TIME_MS;
    for (let next = rule.next(Math.max(...instants)); next !== null && next < until; next = rule.next(next)) {
      instants.push(next);
    }
    return instants.sort((one, other) => one - other).map((instant) => marks.get(instant) ?? null);
  }

  /** @param {{ name: string, pid: number }} node */
  addNode({ name, pid }) {
    this.nodes.set(name, { name, pid, role: "starting", note: "", sent: 0 });
  }

  /**
   * @param {string} name
   * @param {NodeState["role"]} role
   * @param {string} [note]
   */
  setRole(name, role, note = "") {
    Object.assign(this.nodes.get(name) ?? {}, { role, note });
    this.view.changed(this);
  }

  /** @param {string} text */
  say(text) {
    const line = `${this.elapsed.padStart(7)}  ${text}`;
    this.log.push(line);
    this.view.line(line);
    this.view.changed(this);
  }

  /**
   * @param {string} node
   * @param {{ entry: string, scheduledAt: number, lateMs: number }} event
   */
  addMessage(node, { entry, scheduledAt, lateMs }) {
    const isCaughtUp = lateMs > CAUGHT_UP_AFTER_MS;
    const late = isCaughtUp ? `${formatSeconds(lateMs)} late` : `${Math.round(lateMs)} ms late`;
    const instant = new Date(scheduledAt).toISOString().slice(11, 19);
    const state = this.entries.get(entry);
    const sender = this.nodes.get(node);
    if (!state || !sender) return;
    this.firstMessageAt = Math.min(this.firstMessageAt, systemClock.now());
    state.marks.set(scheduledAt, { node, isCaughtUp });
    state.last = `${instant} by ${node}, ${late}`;
    sender.sent += 1;
    this.view.published(`${this.elapsed.padStart(7)}  ${entry.padEnd(13)}  ${instant}  sent by ${node}, ${late}`);
    this.view.changed(this);
  }

  end() {
    this.view.end(this);
  }
}

/** @param {number} ms */
export function formatSeconds(ms) {
  return `${(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s`;
}
