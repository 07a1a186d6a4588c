/** The place in a stack, for an error that the code of lmdb-js made. */
const MADE_BY_LMDB = /[\\/]lmdb[\\/](?:dist[\\/])?[^\\/]+\.c?js:\d+/;

/** Writes under way, of all stores of this thread. */
let writes = 0;
let restoreConsole = (): void => {};

/**
 * Runs a write. lmdb-js prints a failed one to the console, from a callback of native code, before it rejects it, and has no
 * option against it. The error itself reaches whoever asked for the write. So as long as a write is under way, and no
 * longer, `console.error` does not print errors that lmdb-js made; it prints everything else.
 */
export async function writeQuietly<T>(write: () => Promise<T>): Promise<T> {
  if (writes === 0) restoreConsole = filterConsole();
  writes += 1;
  try {
    return await write();
  } finally {
    writes -= 1;
    if (writes === 0) restoreConsole();
  }
}

/** Returns what takes the filter off again, unless somebody has replaced `console.error` meanwhile. */
function filterConsole(): () => void {
  const print = console.error;
  const filter = (...printed: unknown[]): void => {
    if (printed.length === 0 || !printed.every(isErrorOfLmdb)) print.apply(console, printed);
  };
  console.error = filter;
  return () => {
    if (console.error === filter) console.error = print;
  };
}

function isErrorOfLmdb(printed: unknown): boolean {
  if (!(printed instanceof Error) || typeof (printed as { code?: unknown }).code !== "number") return false;
  const frames = printed.stack?.split("\n").filter((line) => /^\s+at /.test(line));
  return MADE_BY_LMDB.test(frames?.[0] ?? "");
}
