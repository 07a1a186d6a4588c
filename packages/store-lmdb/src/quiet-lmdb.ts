/** The place in a stack, for an error that the code of lmdb-js made. */
const MADE_BY_LMDB = /[\\/]lmdb[\\/](?:dist[\\/])?[^\\/]+\.c?js:\d+/;

let isQuiet = false;

/**
 * lmdb-js prints a failed write to the console before it rejects it, and has no option against it. Keeps these errors, and
 * nothing else, from `console.error`: the store reports them, with the way out, to whoever asked for the write.
 */
export function keepLmdbQuiet(): void {
  if (isQuiet) return;
  isQuiet = true;
  const print = console.error.bind(console);
  console.error = (...printed: unknown[]): void => {
    if (!printed.every(isErrorOfLmdb) || printed.length === 0) print(...printed);
  };
}

function isErrorOfLmdb(printed: unknown): boolean {
  if (!(printed instanceof Error) || typeof (printed as { code?: unknown }).code !== "number") return false;
  const frames = printed.stack?.split("\n").filter((line) => /^\s+at /.test(line));
  return MADE_BY_LMDB.test(frames?.[0] ?? "");
}
