import type { BeatOptions } from "@beatx/core";

/** The content of a `beat.config` file: the options of a node, all of them optional. */
export type BeatConfig = Partial<BeatOptions>;

/** Gives the default export of a `beat.config.ts` its type. Returns `config` unchanged. */
export function defineConfig(config: BeatConfig): BeatConfig {
  return config;
}
