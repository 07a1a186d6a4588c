export { defineConfig } from "./define-config.js";
export type { BeatConfig } from "./define-config.js";
