import { createRequire } from "node:module";

const manifest = createRequire(import.meta.url)("../../package.json") as { version: string };

/** The version of this package, which all packages of beatx share. */
export const version: string = manifest.version;
