export { defineConfig } from "./configuration/define-config.js";
export type { BeatConfig } from "./configuration/define-config.js";
