/**
 * Every error of beatx is a `BeatxError`, with a stable `code`, a message that names the next step, and the cause if
 * there is one. Check with `BeatxError.isInstance` or `BeatxError.hasCode`, not with `instanceof`: an application may
 * load two copies of core.
 */

const MARKER = Symbol.for("beatx.error");

export type ErrorCode =
  /** A setting, an entry or a URI is wrong, and stays wrong until it is edited. */
  | "CONFIG"
  /** There is no store, publisher or schedule type for the scheme or name. */
  | "UNKNOWN_SCHEME"
  /** The store could not be reached, or did not answer in time. Whether the command was executed is unknown. */
  | "STORE"
  /** A definition or cursor is longer than the store accepts. */
  | "VALUE_TOO_LARGE"
  /** The write used a lease that is not the current one, and had no effect. */
  | "LOCK_LOST"
  /** The broker refused a message, or could not be reached. */
  | "PUBLISH"
  /** The queue has already taken a later occurrence of the same entry, so it did not take this one. */
  | "PASSED"
  /** An earlier run of the entry still waits or runs, and the entry's runs must not overlap. */
  | "OVERLAP"
  /** A stored entry is broken: it cannot be read. The other entries run as usual. */
  | "BAD_ENTRY"
  /** The entry was changed at the same time by another client or node. Read it again. */
  | "CONFLICT"
  /** There is no entry with that name. */
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

/** A setting is wrong. `field` is its path, such as `schedule.daily-report.args[1]`. */
export class ConfigError extends BeatxError {
  override readonly name = "ConfigError";
  readonly field: string | undefined;
  /** All that is wrong, each as an error of its own, if the message lists several faults. `field` is that of the first. */
  declare readonly faults?: readonly ConfigError[];

  constructor(message: string, options?: ErrorOptions & { field?: string; faults?: readonly ConfigError[] }) {
    super("CONFIG", message, options);
    this.field = options?.field;
    // Not enumerable: the message has them all, and a printed error would repeat them with their stacks.
    if (options?.faults) Object.defineProperty(this, "faults", { value: options.faults });
  }
}

/** Whether `read` returns. A `ConfigError` is a no; any other error is thrown on. */
export function canRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (BeatxError.hasCode(error, "CONFIG")) return false;
    throw error;
  }
}

/**
 * The store could not be reached, was too slow, or answered with an error. Whether the command was executed is unknown.
 */
export class StoreError extends BeatxError {
  override readonly name = "StoreError";

  constructor(message: string, options?: ErrorOptions) {
    super("STORE", message, options);
  }
}

/** The write used a lease that is not the current one, and had no effect. */
export class LockLostError extends BeatxError {
  override readonly name = "LockLostError";

  constructor(message = "the lease is no longer the current one: the write had no effect", options?: ErrorOptions) {
    super("LOCK_LOST", message, options);
  }
}

/** A message was not sent, or it is unknown whether it was. */
export class PublishError extends BeatxError {
  override readonly name = "PublishError";
  /** `true`: the message is certainly not in the queue, and never will be. `false`: it may be. */
  readonly notSent: boolean;

  constructor(message: string, options?: ErrorOptions & { readonly notSent?: boolean }) {
    super("PUBLISH", message, options);
    this.notSent = options?.notSent ?? false;
  }

  /** Whether the error says that its message is certainly not in the queue. */
  static isNotSent(error: unknown): boolean {
    return BeatxError.hasCode(error, "PUBLISH") && (error as Partial<PublishError>).notSent === true;
  }

  /** The same error for a message that was certainly not sent. */
  static asNotSent(error: unknown): PublishError {
    if (PublishError.isNotSent(error)) return error as PublishError;
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    return new PublishError(message, { cause: BeatxError.isInstance(error) ? cause : error, notSent: true });
  }
}

/** The queue has already taken a later occurrence of the same entry, so it did not take this one (R23). */
export class PassedError extends BeatxError {
  override readonly name = "PassedError";

  constructor(message = "not sent: the queue has already taken a later occurrence of this entry") {
    super("PASSED", message);
  }
}

/** An earlier run of the entry still waits or runs, so this one was not sent (R52). */
export class OverlapError extends BeatxError {
  override readonly name = "OverlapError";

  constructor(message = "not sent: an earlier run of this entry has not ended") {
    super("OVERLAP", message);
  }
}
