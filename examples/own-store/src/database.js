// @ts-check
import { BeatxError, ConfigError, StoreError } from "@beatx/core/adapter";
import Database from "libsql";

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS namespace (
    name TEXT PRIMARY KEY, life TEXT NOT NULL, last INTEGER NOT NULL,
    fence INTEGER NOT NULL, token TEXT, label TEXT, since INTEGER, ttl_ms INTEGER, until_ms INTEGER
  );
  CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, name TEXT NOT NULL,
    revision INTEGER NOT NULL, definition TEXT, cursor TEXT,
    UNIQUE (namespace, name)
  );`;

/** One connection to the SQLite file. SQLite's own locks keep the processes apart. */
export class SqliteFile {
  #database;
  #path;

  /**
   * @param {string} path
   * @param {number} timeoutMs how long a command waits for the locks of other processes
   */
  constructor(path, timeoutMs) {
    this.#path = path;
    try {
      this.#database = new Database(path, { timeout: timeoutMs });
      this.#database.exec(SCHEMA);
    } catch (cause) {
      if (isBusy(cause)) throw new StoreError(`the sqlite store in ${path} is busy: try again`, { cause });
      throw new ConfigError(`cannot open the sqlite store in ${path}: name a file that can be written`, { cause });
    }
  }

  /**
   * Runs `action` in one transaction: all of it takes effect or none, and no other process writes meanwhile. Errors of
   * beatx pass through; every other one becomes a `StoreError`, because the outcome is unknown.
   *
   * @template T
   * @param {() => T} action
   * @returns {T}
   */
  transaction(action) {
    if (!this.#database.open) throw new BeatxError("CLOSED", `the sqlite store in ${this.#path} was closed`);
    try {
      return this.#database.transaction(action).immediate();
    } catch (cause) {
      if (BeatxError.isInstance(cause)) throw cause;
      throw new StoreError(`the sqlite store in ${this.#path} failed: ${cause}`, { cause });
    }
  }

  /** @param {string} sql @param {unknown[]} values @returns {any} the first row, or `undefined` */
  row(sql, ...values) {
    return this.#database.prepare(sql).get(values);
  }

  /** @param {string} sql @param {unknown[]} values @returns {any[]} */
  rows(sql, ...values) {
    return this.#database.prepare(sql).all(values);
  }

  /** @param {string} sql @param {unknown[]} values */
  write(sql, ...values) {
    this.#database.prepare(sql).run(values);
  }

  close() {
    if (this.#database.open) this.#database.close();
  }
}

/**
 * Nodes that start at once wait for each other, but only up to the timeout.
 *
 * @param {unknown} error
 */
function isBusy(error) {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
}
