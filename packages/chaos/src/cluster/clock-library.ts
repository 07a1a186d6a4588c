import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const LIBRARIES = "/usr/lib";

let found: string | undefined;

/** Path of libfaketime, which moves the wall clock of one process. @throws Error if it is not installed */
export function clockLibrary(): string {
  const paths = readdirSync(LIBRARIES).map((name) => join(LIBRARIES, name, "faketime/libfaketime.so.1"));
  found ??= paths.find((path) => existsSync(path));
  if (found === undefined) throw new Error("libfaketime is not installed: apt-get install libfaketime");
  return found;
}
