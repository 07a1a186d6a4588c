import { BeatxError } from "../base/errors.js";

/** @throws BeatxError `VALUE_TOO_LARGE` that names the entry, the size and the limit. */
export function checkValueSize(storeName: string, entry: string, text: string, maxValueBytes: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxValueBytes) return;
  const advice = "shorten its args, kwargs or options, or pass a reference to the data instead of the data";
  throw new BeatxError(
    "VALUE_TOO_LARGE",
    `entry ${JSON.stringify(entry)} takes ${bytes} bytes, but a ${storeName} store takes at most ${maxValueBytes}: ${advice}`,
  );
}
