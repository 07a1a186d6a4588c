/** Exit codes of the command. A second signal ends it at once with 128 plus the signal's number. */
export const EXIT = {
  ok: 0,
  /** The store did not answer, or something else failed while running: trying again may help. */
  failure: 1,
  /** A wrong option, argument or configuration: trying again does not help. */
  usage: 2,
  /** No entry has that name. */
  notFound: 3,
  /** The answer names a problem: messages do not arrive, or will not. */
  unhealthy: 4,
  /** Somebody else changed the entry meanwhile, or it is there already: look at it again before trying again. */
  conflict: 5,
} as const;

/** Sets the exit code of a command that has printed its answer. */
export type EndWith = (exitCode: number) => void;
