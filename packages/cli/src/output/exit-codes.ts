/** What the command's exit code says. A second signal ends it at once with 128 plus the signal's number. */
export const EXIT = {
  ok: 0,
  /** The store could not be asked, or something else failed while running: it may work later. */
  failure: 1,
  /** A wrong option, argument or configuration: it stays wrong until somebody edits it. */
  usage: 2,
  /** There is no entry of that name. */
  notFound: 3,
} as const;
