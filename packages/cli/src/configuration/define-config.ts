import type { BeatOptions } from "@beatx/core";

/** What a `beat.config` file holds: the options of a node, each of them optional. */
export type BeatConfig = Partial<BeatOptions>;

/** Gives the default export of a `beat.config.ts` its type. Answers `config` as it is. */
export function defineConfig(config: BeatConfig): BeatConfig {
  return config;
}
