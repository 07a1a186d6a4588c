// @ts-check
import { randomUUID } from "node:crypto";
import { checkValueSize, LockLostError, pageOf, STORE_CONTRACT } from "@beatx/core/adapter";
import { SqliteFile } from "./database.js";

/**
 * @import * as beatx from "@beatx/core/adapter"
 * @typedef {{ life: string, last: number, fence: number, token: string | null, label: string, since: number, ttl_ms: number, until_ms: number }} Namespace
 * @typedef {{ id: number, name: string, revision: number, definition: string | null, cursor: string | null }} Row
 */

const BATCH_SIZE = 500;
const MAX_EARLY_MS = 50;

/** Milliseconds since boot: the same for all processes of the machine, and never set back. */
const machineMs = () => Number(process.hrtime.bigint() / 1_000_000n);

/**
 * A store in an SQLite file, for the processes of one machine. Every command is one transaction.
 *
 * @implements {beatx.Store}
 */
export class SqliteStore {
  contract = /** @type {1} */ (STORE_CONTRACT);
  name = "sqlite";
  capabilities = {
    durable: true,
    fencedWrites: true,
    outbox: false,
    lockResolutionMs: 1,
    maxValueBytes: 1_048_576,
  };
  #file;
  #namespace;

  /** @param {{ file: string, namespace?: string | undefined, commandTimeoutMs?: number | undefined }} options */
  constructor({ file, namespace = "beatx", commandTimeoutMs = 2000 }) {
    this.#file = new SqliteFile(file, commandTimeoutMs);
    this.#namespace = pack(namespace);
    // The life is part of every revision, so a file that is deleted and created again never repeats one.
    const begin = "INSERT OR IGNORE INTO namespace (name, life, last, fence) VALUES (?, ?, 0, 0)";
    this.#file.transaction(() => this.#file.write(begin, this.#namespace, randomUUID()));
  }

  async getRevision() {
    const state = this.#file.transaction(() => this.#state());
    return revisionOf(state, state.last);
  }

  /** @param {string} [since] @returns {Promise<beatx.ScheduleReading>} */
  async getSchedule(since) {
    const state = this.#file.transaction(() => this.#state());
    const after = Number(since?.split(".")[1]);
    // A partial reading is safe only since a revision that this store has given out.
    const isKnown = revisionOf(state, after) === since && after <= state.last;
    const batches = this.#read(state, isKnown ? after : -1);
    return { revision: revisionOf(state, state.last), complete: !isKnown, batches };
  }

  /** @param {readonly string[]} names @returns {Promise<beatx.StoredEntry[]>} */
  async getEntries(names) {
    return this.#file.transaction(() => {
      const state = this.#state();
      const rows = names.flatMap((name) => this.#find(name) ?? []);
      return rows.filter(({ definition }) => definition !== null).map((row) => entryOf(state, row));
    });
  }

  /** Names are stored as JSON, whose order is another one. @param {beatx.PageRequest} request */
  async listEntries(request) {
    return pageOf(await this.getSchedule(), request);
  }

  /** @param {readonly beatx.DefinitionChange[]} changes @param {beatx.Lease} [lease] */
  async setSchedule(changes, lease) {
    for (const { name, definition } of changes) this.#checkSize(name, definition ?? "");
    return this.#file.transaction(() => {
      if (lease) this.#checkLease(lease);
      return changes.map((change) => this.#change(change));
    });
  }

  /** @param {beatx.Lease} lease @param {readonly beatx.CursorMove[]} moves */
  async advance(lease, moves) {
    for (const { name, to } of moves) this.#checkSize(name, to);
    return this.#file.transaction(() => {
      this.#checkLease(lease);
      return moves.map((move) => this.#move(move));
    });
  }

  /** @param {beatx.LockRequest} request @returns {Promise<beatx.Lease | beatx.LockHeld>} */
  async acquireLock({ token, ttlMs, label }) {
    return this.#file.transaction(() => {
      const state = this.#state();
      const leader = leaderOf(state);
      if (leader && state.token !== token) return { retryAfterMs: leader.expiresInMs, leader };
      const now = Date.now();
      const term = leader ?? { fence: Math.max(state.fence + 1, now), label, since: now };
      this.#writeLock(token, term, ttlMs);
      return { token, fence: term.fence };
    });
  }

  /** @param {beatx.Lease} lease @param {number} ttlMs */
  async renewLock(lease, ttlMs) {
    return this.#file.transaction(() => {
      const leader = this.#holds(lease);
      if (leader) this.#writeLock(lease.token, leader, ttlMs);
      return leader !== null;
    });
  }

  /** @param {beatx.Lease} lease */
  async releaseLock(lease) {
    return this.#file.transaction(() => {
      const leader = this.#holds(lease);
      if (leader) this.#writeLock(null, leader, 0); // keeps the fence, which must only grow
      return leader !== null;
    });
  }

  async readLock() {
    return this.#file.transaction(() => leaderOf(this.#state()));
  }

  /** All nodes run on one machine, so its clock is the store's clock. */
  async getTime() {
    return this.#file.transaction(() => Date.now());
  }

  async close() {
    this.#file.close();
  }

  /** @returns {Namespace} */
  #state() {
    return this.#file.row("SELECT * FROM namespace WHERE name = ?", this.#namespace);
  }

  /** @param {string} name @returns {Row | undefined} a removed entry keeps its row, with a null definition */
  #find(name) {
    const row = this.#file.row("SELECT * FROM entry WHERE namespace = ? AND name = ?", this.#namespace, pack(name));
    return row && unpackRow(row);
  }

  /** In the order of ids, so that each name comes once. @param {Namespace} state @param {number} after -1: all entries */
  async *#read(state, after) {
    const where = `namespace = ? AND id > ? AND revision > ? ${after < 0 ? "AND definition IS NOT NULL" : ""}`;
    const select = `SELECT * FROM entry WHERE ${where} ORDER BY id LIMIT ${BATCH_SIZE}`;
    for (let id = -1; ;) {
      /** @type {Row[]} */
      const rows = this.#file.transaction(() => this.#file.rows(select, this.#namespace, id, after)).map(unpackRow);
      yield rows.map((row) => entryOf(state, row));
      if (rows.length < BATCH_SIZE) return;
      id = rows.at(-1)?.id ?? id;
    }
  }

  /** @param {beatx.DefinitionChange} change @returns {beatx.ChangeResult} */
  #change({ name, definition, expectedRevision }) {
    const [state, row] = [this.#state(), this.#find(name)];
    const entry = row && row.definition !== null ? entryOf(state, row) : null;
    if ((entry?.revision ?? null) !== expectedRevision) return { status: "conflict", entry };
    const last = Math.max(state.last + 1, Date.now());
    const upsert = `INSERT INTO entry (namespace, name, revision, definition) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET revision = excluded.revision, definition = excluded.definition`;
    this.#file.write(upsert, this.#namespace, pack(name), last, pack(definition));
    if (definition === null) this.#writeCursor(name, null);
    this.#file.write("UPDATE namespace SET last = ? WHERE name = ?", last, this.#namespace);
    return { status: "done", revision: revisionOf(state, last) };
  }

  /** @param {beatx.CursorMove} move @returns {beatx.MoveResult} */
  #move({ name, from, to, definitionRevision, dueAt }) {
    const [state, row] = [this.#state(), this.#find(name)];
    if (!row || row.definition === null) return { status: "changed" };
    if (row.cursor !== from) return { status: "moved", cursor: row.cursor };
    const revision = revisionOf(state, row.revision);
    if (definitionRevision !== null && definitionRevision !== revision) return { status: "changed" };
    if (dueAt > Date.now() + MAX_EARLY_MS) return { status: "early" };
    this.#writeCursor(name, to);
    return { status: "done" };
  }

  /** @param {string} name @param {string | null} cursor */
  #writeCursor(name, cursor) {
    const update = "UPDATE entry SET cursor = ? WHERE namespace = ? AND name = ?";
    this.#file.write(update, pack(cursor), this.#namespace, pack(name));
  }

  /** @param {string | null} token @param {{ fence: number, label: string, since: number }} term @param {number} ttlMs */
  #writeLock(token, { fence, label, since }, ttlMs) {
    const lifetimeMs = ttlMs + 1; // machineMs rounds down, and a lease must never be shorter than requested
    const set = "fence = ?, token = ?, label = ?, since = ?, ttl_ms = ?, until_ms = ?";
    const values = [fence, token, label, since, lifetimeMs, machineMs() + lifetimeMs];
    this.#file.write(`UPDATE namespace SET ${set} WHERE name = ?`, ...values, this.#namespace);
  }

  /** @param {beatx.Lease} lease @returns {beatx.LeaderInfo | null} the term, if the lease is current */
  #holds({ token, fence }) {
    const state = this.#state();
    return state.token === token && state.fence === fence ? leaderOf(state) : null;
  }

  /** @param {beatx.Lease} lease */
  #checkLease(lease) {
    if (!this.#holds(lease)) throw new LockLostError();
  }

  /** @param {string} name @param {string} text */
  #checkSize(name, text) {
    checkValueSize(this.name, name, text, this.capabilities.maxValueBytes);
  }
}

/** SQLite cuts texts off at a NUL, which JSON strings do not contain. @param {string | null} text */
function pack(text) {
  return text === null ? null : JSON.stringify(text);
}

/** @param {Row} row @returns {Row} */
function unpackRow(row) {
  const unpack = (/** @type {string | null} */ json) => (json === null ? null : JSON.parse(json));
  return { ...row, name: unpack(row.name), definition: unpack(row.definition), cursor: unpack(row.cursor) };
}

/** @param {Namespace} state @param {number} number */
function revisionOf(state, number) {
  return `${state.life}.${number}`;
}

/** @param {Namespace} state @param {Row} row @returns {beatx.StoredEntry} */
function entryOf(state, { name, definition, revision, cursor }) {
  return { name, definition, revision: revisionOf(state, revision), cursor };
}

/**
 * The leader, if there is one. An end that is too far ahead was written before a reboot, which no node survived.
 *
 * @param {Namespace} state
 * @returns {beatx.LeaderInfo | null}
 */
function leaderOf({ token, fence, label, since, ttl_ms, until_ms }) {
  const expiresInMs = until_ms - machineMs();
  if (token === null || expiresInMs <= 0 || expiresInMs > ttl_ms) return null;
  return { fence, label, since, expiresInMs };
}
