import { createRequire } from "node:module";

const manifest = createRequire(import.meta.url)("../../package.json") as { version: string };

/** Version of this package; all packages of beatx carry the same. */
export const version: string = manifest.version;
