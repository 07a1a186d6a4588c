/**
 * Every error that beatx makes is a `BeatxError` with a stable `code`, the cause if there is one, and a message that
 * names the next step. Check with `BeatxError.isInstance` (or the subclass's), not with `instanceof`: an application may
 * load two copies of core.
 */

const MARKER = Symbol.for("beatx.error");

export type ErrorCode =
  /** A setting, an entry or a URI is wrong; it will stay wrong until somebody edits it. */
  | "CONFIG"
  /** No store, publisher or schedule type answers to the scheme or name. */
  | "UNKNOWN_SCHEME"
  /** The store could not be asked, or did not answer in time; whether the command was carried out is unknown. */
  | "STORE"
  /** A definition or cursor is longer than the store takes. */
  | "VALUE_TOO_LARGE"
  /** The write came under a lease that is not the current one, and did not land. */
  | "LOCK_LOST"
  /** The broker refused a message, or could not be asked. */
  | "PUBLISH"
  /** A stored entry cannot be read; it is set aside, the others go on. */
  | "BAD_ENTRY"
  /** Somebody else changed the entry at the same time; read it again. */
  | "CONFLICT"
  /** There is no entry of that name. */
  | "NOT_FOUND"
  /** The object was closed. */
  | "CLOSED";

export class BeatxError extends Error {
  override readonly name: string = "BeatxError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, MARKER, { value: true });
  }

  static isInstance(value: unknown): value is BeatxError {
    return typeof value === "object" && value !== null && MARKER in value;
  }

  static hasCode(value: unknown, code: ErrorCode): value is BeatxError {
    return BeatxError.isInstance(value) && value.code === code;
  }
}

/** A setting is wrong. `field` is its path, as in `schedule.daily-report.args[1]`. */
export class ConfigError extends BeatxError {
  override readonly name = "ConfigError";
  readonly field: string | undefined;

  constructor(message: string, options?: ErrorOptions & { field?: string }) {
    super("CONFIG", message, options);
    this.field = options?.field;
  }
}

/** Could not tell: the store was out of reach, or too slow, or answered with an error. */
export class StoreError extends BeatxError {
  override readonly name = "StoreError";

  constructor(message: string, options?: ErrorOptions) {
    super("STORE", message, options);
  }
}

/** The lease is not the current one; the write did not land. */
export class LockLostError extends BeatxError {
  override readonly name = "LockLostError";

  constructor(message = "the lease is no longer the current one: the write did not land", options?: ErrorOptions) {
    super("LOCK_LOST", message, options);
  }
}

/** A message was not sent, or it is unknown whether it was. */
export class PublishError extends BeatxError {
  override readonly name = "PublishError";

  constructor(message: string, options?: ErrorOptions) {
    super("PUBLISH", message, options);
  }
}
