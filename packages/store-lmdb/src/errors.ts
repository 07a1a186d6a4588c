import { ConfigError, StoreError } from "@beatx/core/adapter";
import { DamagedFileError } from "./data-file.js";

/** The files have changed under this process, and cannot be used yet. */
export class FilesChangedError extends Error {}

/** LMDB's own error codes. */
const LMDB = {
  readersFull: -30_790,
  mapFull: -30_792,
  invalid: -30_793,
  versionMismatch: -30_794,
  panic: -30_795,
  corrupted: -30_796,
  pageNotFound: -30_797,
} as const;

const DAMAGE: readonly unknown[] = [LMDB.corrupted, LMDB.pageNotFound, LMDB.invalid, LMDB.versionMismatch];

/** Linux's numbers of the errors that lmdb-js passes on. */
const SYSTEM_CODES: Readonly<Record<number, string>> = {
  1: "EPERM",
  5: "EIO",
  12: "ENOMEM",
  13: "EACCES",
  27: "EFBIG",
  28: "ENOSPC",
  30: "EROFS",
  122: "EDQUOT",
};

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: free some space, nothing is lost",
  EDQUOT: "this user's disk quota is used up: raise it or free some space, nothing is lost",
  EFBIG: "a limit on the size of files stops the file's growth: raise it",
  EACCES: "give this user the right to read and write the folder, and data.mdb and lock.mdb in it",
  EROFS: "the file system is read-only: choose a folder that this user may write to",
  EIO: "the disk reports an error: check it, and restore a backup if data.mdb is lost",
  ENOMEM: "the system grants no more memory for the mapped file: raise the limit of this process",
};

/** The way out for files that LMDB cannot use. */
const MOVE_AWAY =
  "stop all nodes, move data.mdb and lock.mdb away and start again, or restore a backup. The nodes' configurations come back; " +
  "entries that only clients made, and how far each entry had come, are lost";

/** LMDB's or the system's error means that this environment must be opened again. */
export function isFatal(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return DAMAGE.includes(code) || code === LMDB.panic;
}

/** Whether the folder cannot be opened because its data is damaged. */
export function isDamage(error: unknown): boolean {
  return error instanceof ConfigError && error.cause instanceof DamagedFileError;
}

/** Whether LMDB or the system reports the error, not the decoding of a row. */
export function isEnvironmentError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "number";
}

/** The error for a folder that cannot be opened. */
export function cannotOpen(folder: string, cause: unknown): ConfigError {
  const advice = adviceFor(cause) ?? "choose a folder on a local disk that this user may write to";
  const message = `cannot keep a store in the folder ${JSON.stringify(folder)} (${reasonOf(cause)}): ${advice}`;
  return new ConfigError(message, { field: "store", cause });
}

/** The error for a store that was open. */
export function cannotUse(folder: string, cause: unknown): StoreError {
  const advice = adviceFor(cause) ?? "look for a full, failing or read-only disk, or a folder that was removed";
  return new StoreError(`the lmdb store in ${folder} cannot be used (${reasonOf(cause)}): ${advice}`, { cause });
}

function reasonOf(cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return cause instanceof DamagedFileError ? `data.mdb is damaged or not a file of this store: ${reason}` : reason;
}

/** `undefined`: the error says nothing about the way out. */
function adviceFor(cause: unknown): string | undefined {
  if (cause instanceof ConfigError) return adviceFor(cause.cause);
  if (cause instanceof DamagedFileError) return MOVE_AWAY;
  if (cause instanceof FilesChangedError) return "commands fail until the files stay unchanged for a second";
  const code = (cause as { readonly code?: unknown } | null)?.code;
  if (DAMAGE.includes(code)) return MOVE_AWAY;
  if (code === LMDB.mapFull) return "the file cannot grow in memory: raise the memory limits of this process";
  if (code === LMDB.readersFull) return "too many processes have the folder open: stop some";
  const name = typeof code === "number" ? SYSTEM_CODES[code] : code;
  return ADVICE[name === "EPERM" ? "EACCES" : String(name)];
}
